# Answers of R for the tests of analysis/checks/regression*.py.
# Run: Rscript tests/oracles/birthwt_regression.R > tests/oracles/birthwt_regression.yaml
# MASS is GPL; only its answers about its own data are stored here, no code and no data.
suppressPackageStartupMessages(library(MASS))

b <- transform(birthwt, ptd = as.integer(ptl > 0))
predictors <- c("smoke", "ht", "ui", "ptd")

show_fit <- function(name, fit, limits = NULL) {
  s <- summary(fit)$coefficients
  cat(name, ":\n", sep = "")
  cat("  loglik: ", sprintf("%.10f", as.numeric(logLik(fit))), "\n", sep = "")
  cat("  fitted_sum: ", sprintf("%.10f", sum(fitted(fit))), "\n", sep = "")
  cat("  rows:\n")
  for (r in rownames(s)) {
    extra <- if (is.null(limits)) "" else sprintf(", low: %.10f, high: %.10f", exp(limits[r, 1]), exp(limits[r, 2]))
    cat(sprintf("    %s: {b: %.10f, se: %.10f, p: %.10g%s}\n",
                if (r == "(Intercept)") "constant" else r, s[r, 1], s[r, 2], s[r, 4], extra))
  }
}

cat("# written by birthwt_regression.R;", R.version.string, "; MASS", as.character(packageVersion("MASS")), "\n")
cat("n:", nrow(b), "\nevents:", sum(b$low), "\ncounts:\n")
for (p in predictors) cat(sprintf("  %s: [%d, %d]\n", p, sum(b[[p]] & b$low), sum(b[[p]] & !b$low)))
f <- reformulate(predictors, "low")
zero <- glm(f, binomial, b)
show_fit("logit_0_1", zero)
suppressMessages(show_fit("logit_profile", zero, confint(zero)))
two <- b
two[predictors] <- two[predictors] + 1L
show_fit("logit_1_2", glm(f, binomial, two))
mixed <- b
mixed[c("ht", "ptd")] <- mixed[c("ht", "ptd")] + 1L
show_fit("logit_mixed", glm(f, binomial, mixed))
effect <- b
effect[predictors] <- 2L * effect[predictors] - 1L
show_fit("logit_effect", glm(f, binomial, effect))
show_fit("poisson_1_2", glm(f, poisson, two))
show_fit("saturated", glm(low ~ smoke, binomial, b))
