# Answers of R for adjusted risk ratios: Poisson glm with model-based and sandwich errors (HC0),
# and logistic glm averaged over patients with a feature set to one and to zero.
# Run: Rscript tests/oracles/adjusted.R > tests/oracles/adjusted.json
# Data: MASS::birthwt (smoke first, then the mother's weight, ht, ui).
library(jsonlite)
library(sandwich)

b <- MASS::birthwt
tight <- glm.control(epsilon = 1e-15, maxit = 200)
poisson_fit <- glm(low ~ smoke + lwt + ht + ui, family = poisson, data = b, control = tight)
logit <- glm(low ~ smoke + lwt + ht + ui, family = binomial, data = b, control = tight)
mean_risk <- function(value, rows) {
  own <- b[rows, ]; own$smoke <- value
  mean(predict(logit, own, type = "response"))
}
everybody <- rep(TRUE, nrow(b)); others <- b$smoke == 0
cat(toJSON(list(
  made_by = paste0(R.version.string, "; sandwich ", packageVersion("sandwich")),
  script = "tests/oracles/adjusted.R",
  state = b$low, predictors = unname(as.matrix(b[, c("smoke", "lwt", "ht", "ui")])),
  coefficients = unname(coef(poisson_fit)), errors = unname(sqrt(diag(vcov(poisson_fit)))),
  robust = unname(sqrt(diag(sandwich(poisson_fit)))), largest = max(fitted(poisson_fit)),
  everybody = c(mean_risk(1, everybody), mean_risk(0, everybody)),
  others = c(mean_risk(1, others), mean_risk(0, others))
), digits = NA, auto_unbox = TRUE))
cat("\n")
