# Answers of R for two groups and an event: risk ratio (log-binomial glm), odds ratio (logistic
# glm), risk difference (two Wilson intervals of prop.test, joined as in Newcombe's method 10).
# Run: Rscript tests/oracles/effect.R > tests/oracles/effect.json
# Data: MASS::birthwt and made-up counts, Newcombe's (1998) among them.
library(jsonlite)

b <- MASS::birthwt
counts <- list(
  birthwt_smoke = with(b, c(sum(low[smoke == 1]), sum(smoke == 1), sum(low[smoke == 0]), sum(smoke == 0))),
  birthwt_ht = with(b, c(sum(low[ht == 1]), sum(ht == 1), sum(low[ht == 0]), sum(ht == 0))),
  newcombe_a = c(56, 70, 48, 80), newcombe_b = c(9, 10, 3, 10), newcombe_c = c(6, 7, 2, 7),
  newcombe_d = c(5, 56, 0, 29), newcombe_f = c(0, 10, 0, 10), newcombe_g = c(10, 10, 0, 20),
  one_event_each = c(1, 30, 1, 45), rare = c(12, 10000, 5, 10100), all_but_one = c(29, 30, 11, 40)
)
wilson <- function(x, n, level) suppressWarnings(prop.test(x, n, correct = FALSE, conf.level = level)$conf.int)
difference <- function(k, level) {
  p1 <- k[1] / k[2]; p0 <- k[3] / k[4]
  w1 <- wilson(k[1], k[2], level); w0 <- wilson(k[3], k[4], level)
  c(p1 - p0, p1 - p0 - sqrt((p1 - w1[1])^2 + (w0[2] - p0)^2), p1 - p0 + sqrt((w1[2] - p1)^2 + (p0 - w0[1])^2))
}
ratio <- function(k, link) {
  y <- cbind(c(k[1], k[3]), c(k[2] - k[1], k[4] - k[3])); x <- c(1, 0)
  fit <- glm(y ~ x, family = binomial(link), start = c(binomial(link)$linkfun(k[3] / k[4]), 0),
    control = glm.control(epsilon = 1e-15, maxit = 200))
  s <- summary(fit)$coefficients[2, 1:2]
  exp(s[1] + c(0, -1, 1) * qnorm(0.975) * s[2])
}
cases <- lapply(names(counts), function(name) {
  k <- counts[[name]]
  found <- list(id = name, counts = k, difference = difference(k, 0.95), difference_90 = difference(k, 0.9))
  if (min(k[1], k[3], k[2] - k[1], k[4] - k[3]) > 0) {
    found$odds_ratio <- ratio(k, "logit")
    found$risk_ratio <- ratio(k, "log")
  }
  found
})
cat(toJSON(list(made_by = R.version.string, script = "tests/oracles/effect.R", cases = cases),
  digits = NA, auto_unbox = TRUE))
cat("\n")
