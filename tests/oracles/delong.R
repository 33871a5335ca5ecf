# Answers of R for DeLong's covariance of areas under ROC curves (pROC) and logistic regression (glm).
# Run: Rscript tests/oracles/delong.R > tests/oracles/delong.json
# Data: R's own `datasets`, MASS::birthwt and pROC::aSAH, and a few made-up edge cases.
suppressMessages(library(pROC))

number <- function(x) formatC(x, digits = 17, format = "g")
vector_json <- function(x) paste0("[", paste(sapply(x, number), collapse = ", "), "]")
table_json <- function(m) paste0("[", paste(apply(m, 1, vector_json), collapse = ", "), "]")
text <- function(x) paste0('"', x, '"')
object <- function(...) {
  fields <- list(...)
  paste0("{", paste(sprintf('"%s": %s', names(fields), unlist(fields)), collapse = ", "), "}")
}
array <- function(x) paste0("[\n    ", paste(x, collapse = ",\n    "), "\n  ]")

# --- two markers of the same patients: y is the state, high values speak for it ---
data(aSAH)
pairs <- list(
  asah = with(aSAH, list(y = as.integer(outcome == "Poor"), a = as.numeric(wfns), b = s100b)),
  birthwt = with(MASS::birthwt, list(y = low, a = -lwt, b = -age)),
  cars = with(mtcars, list(y = am, a = -wt, b = mpg)),
  against = with(mtcars, list(y = am, a = wt, b = mpg)),
  many_ties = list(y = c(1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0), a = c(1, 2, 2, 3, 3, 1, 1, 2, 2, 3, 1), b = c(2, 2, 1, 3, 2, 2, 1, 1, 2, 1, 1)),
  two_each = list(y = c(1, 1, 0, 0), a = c(3, 1, 2, 0), b = c(1, 4, 2, 2))
)
roc_cases <- sapply(names(pairs), function(name) {
  d <- pairs[[name]]
  r1 <- roc(d$y, d$a, levels = c(0, 1), direction = "<", quiet = TRUE)
  r2 <- roc(d$y, d$b, levels = c(0, 1), direction = "<", quiet = TRUE)
  test <- roc.test(r1, r2, paired = TRUE, method = "delong")
  object(
    id = text(name), y = vector_json(d$y), a = vector_json(d$a), b = vector_json(d$b),
    auc = vector_json(c(auc(r1), auc(r2))),
    var = vector_json(c(var(r1, method = "delong"), var(r2, method = "delong"))),
    cov = number(cov(r1, r2, method = "delong")),
    z = number(test$statistic), p = number(test$p.value)
  )
})

# --- logistic regression ---
b <- MASS::birthwt
models <- list(
  birthwt = list(y = b$low, x = with(b, cbind(age, lwt, smoke, ht))),
  cars = list(y = mtcars$am, x = with(mtcars, cbind(wt))),
  cars_large_scale = list(y = mtcars$am, x = with(mtcars, cbind(hp * 1e4, drat / 1e4)))
)
glm_cases <- sapply(names(models), function(name) {
  d <- models[[name]]; x <- unname(d$x)
  fit <- glm(d$y ~ x, family = binomial, control = glm.control(epsilon = 1e-15, maxit = 100))
  s <- summary(fit)$coefficients
  object(
    id = text(name), y = vector_json(d$y), x = table_json(x),
    coefficients = vector_json(s[, 1]), errors = vector_json(s[, 2]),
    fitted = vector_json(fitted(fit)), log_likelihood = number(logLik(fit))
  )
})

cat("{\n")
cat('  "made_by": ', text(R.version.string), ",\n", sep = "")
cat('  "pROC": ', text(as.character(packageVersion("pROC"))), ",\n", sep = "")
cat('  "script": "tests/oracles/delong.R",\n')
cat('  "roc": ', array(roc_cases), ",\n", sep = "")
cat('  "logistic": ', array(glm_cases), "\n", sep = "")
cat("}\n")
