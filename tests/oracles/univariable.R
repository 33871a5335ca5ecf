# Univariable logistic fits to two-by-two tables, with the limits and tests of base R.
# Rscript tests/oracles/univariable.R > tests/oracles/univariable.json
library(jsonlite)
suppressMessages(library(MASS))

one <- function(a, b, c, d) {
  fit <- glm(cbind(c(a, c), c(b, d)) ~ c(1, 0), family = binomial,
             control = glm.control(epsilon = 1e-14, maxit = 100))
  s <- summary(fit)$coefficients[2, ]
  profile <- suppressMessages(confint(profile(fit, alpha = 0.001, maxsteps = 200, del = 0.02), 2))
  table <- matrix(c(a, b, c, d), 2, byrow = TRUE)
  exact <- fisher.test(table)
  null <- glm(cbind(c(a, c), c(b, d)) ~ 1, family = binomial)
  list(counts = c(a, b, c, d), b = s[[1]], se = s[[2]], z = s[[3]], p = s[[4]],
       wald = exp(s[[1]] + c(-1, 1) * qnorm(0.975) * s[[2]]),
       profile = as.numeric(exp(profile)),
       conditional = as.numeric(exact$estimate), exact = as.numeric(exact$conf.int),
       fisher = exact$p.value,
       pearson = chisq.test(table, correct = FALSE)$p.value,
       yates = chisq.test(table)$p.value,
       lr = pchisq(null$deviance - fit$deviance, 1, lower.tail = FALSE))
}
cases <- list(one(30, 44, 29, 86), one(22, 13, 90, 147), one(12, 7, 100, 153), one(5, 3, 9, 20),
              one(60, 15, 20, 70), one(3, 60, 12, 61))
cat(toJSON(list(R = R.version.string, cases = cases), digits = 10, auto_unbox = TRUE, pretty = TRUE), "\n")
