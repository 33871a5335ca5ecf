# Answers of R for tests/analysis/test_regression_papers.py.
# Run: Rscript tests/oracles/regression_papers.R > tests/oracles/regression_papers.yaml
# MASS is GPL; only its answers about its own data are stored here, no code and no data.
suppressPackageStartupMessages(library(MASS))

pima <- with(Pima.te, data.frame(
  y = as.integer(type == "Yes"), births = as.integer(npreg >= 5), obese = as.integer(bmi >= 30),
  older = as.integer(age >= 35), marker = as.integer(glu > 127.5), value = glu
))
skin <- with(Melanoma, data.frame(
  y = as.integer(status == 1), male = as.integer(sex == 1), ulcer = as.integer(ulcer == 1),
  older = as.integer(age >= 60), marker = as.integer(thickness > 2.02), value = thickness
))
families <- list(
  logit = binomial(), log = poisson(), "log-binomial" = binomial("log"),
  probit = binomial("probit"), cloglog = binomial("cloglog")
)
cat("# written by regression_papers.R;", R.version.string, "; MASS", as.character(packageVersion("MASS")), "\n")
for (name in c("MASS::Pima.te", "MASS::Melanoma")) {
  d <- if (name == "MASS::Pima.te") pima else skin
  predictors <- setdiff(names(d), c("y", "value"))
  auc <- unname(wilcox.test(value ~ I(1 - y), d, exact = FALSE)$statistic) / (sum(d$y) * sum(1 - d$y))
  cat(sprintf("\"%s\":\n  n: %d\n  events: %d\n  auc: %.10f\n  counts:\n", name, nrow(d), sum(d$y), auc))
  for (p in predictors) {
    chi2 <- chisq.test(table(d[[p]], d$y), correct = FALSE)
    cat(sprintf("    %s: {events: %d, others: %d, chi2: %.10f, p: %.10g}\n",
                p, sum(d[[p]] & d$y), sum(d[[p]] & !d$y), chi2$statistic, chi2$p.value))
  }
  for (shift in 0:1) {
    coded <- d
    coded[predictors] <- coded[predictors] + shift
    for (link in names(families)) {
      start <- if (link == "log-binomial") c(log(mean(d$y)), rep(0, length(predictors)))
      fit <- glm(reformulate(predictors, "y"), families[[link]], coded, start = start,
                 control = list(epsilon = 1e-13, maxit = 200))
      s <- summary(fit)$coefficients
      cat(sprintf("  \"%s %d/%d\":\n", link, shift, shift + 1))
      for (r in rownames(s)) cat(sprintf("    %s: {b: %.10f, se: %.10f, p: %.10g}\n",
                                         if (r == "(Intercept)") "constant" else r, s[r, 1], s[r, 2], s[r, 4]))
    }
  }
}
