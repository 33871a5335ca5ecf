# Answers of R for tests of analysis/estimate/group_comparison.py, beside those in two_samples.R.
# Run: Rscript tests/oracles/group_comparison.R > tests/oracles/group_comparison.json
# Data: R's own `datasets`, MASS::birthwt, and a few made-up edge cases; MASS is GPL, only answers about its data stand here.
one <- jsonlite::unbox
j <- function(...) list(...)
samples <- list(
  sleep = with(sleep, split(extra, group)), tooth = with(ToothGrowth, split(len, supp)),
  birthwt_bwt = with(MASS::birthwt, split(bwt, smoke)), birthwt_age = with(MASS::birthwt, split(age, low)),
  cars_mpg = with(mtcars, split(mpg, am)), no_ties = list(c(1.1, 2.3, 0.4, 5.6, 7.7), c(3.2, 9.9, 8.1, 4.4, 6.5, 10.2)),
  one_constant = list(rep(1, 6), c(1, 3, 2, 5, 4, 2, 3)), apart = list(c(1, 2, 3, 4), c(5, 6, 7, 8, 9))
)
two <- lapply(samples, function(s) {
  a <- s[[1]]; b <- s[[2]]
  ties <- anyDuplicated(c(a, b)) > 0
  w <- function(...) suppressWarnings(wilcox.test(a, b, ...))
  d <- (mean(a) - mean(b)) / sqrt((var(a) + var(b)) / 2); n <- length(a) + length(b)
  half <- qnorm(0.975) * sqrt(n / (length(a) * length(b)) + d^2 / (2 * n))
  q <- function(type) c(quantile(a, c(0.25, 0.5, 0.75), type = type, names = FALSE), quantile(b, c(0.25, 0.5, 0.75), type = type, names = FALSE))
  j(a = a, b = b,
    student = c(t.test(a, b, var.equal = TRUE)$conf.int), welch = c(t.test(a, b)$conf.int),
    welch_90 = c(t.test(a, b, conf.level = 0.9)$conf.int),
    u = one(unname(w(exact = FALSE)$statistic)), corrected = one(w(exact = FALSE, correct = TRUE)$p.value),
    uncorrected = one(w(exact = FALSE, correct = FALSE)$p.value), exact = if (!ties) one(w(exact = TRUE)$p.value) else NA,
    smd = c(d, d - half, d + half), type7 = q(7), type6 = q(6))
})
fourfold <- list(c(12, 112, 7, 160), c(59, 115, 30, 74), c(3, 4, 1, 4), c(40, 50, 45, 50), c(1, 300, 2, 280), c(5, 5, 3, 9), c(0, 20, 4, 25), c(9, 9, 0, 8))
four <- lapply(fourfold, function(f) {
  x <- c(f[1], f[3]); n <- c(f[2], f[4]); m <- rbind(x, n - x)
  full <- all(m > 0); group <- c(1, 0)
  ratio <- function(link, start) {
    fit <- glm(cbind(x, n - x) ~ group, family = binomial(link), start = start, control = glm.control(1e-15, 100))
    # once more: the covariance is that of the step before the last
    fit <- glm(cbind(x, n - x) ~ group, family = binomial(link), start = coef(fit), control = glm.control(1e-15, 100))
    unname(exp(c(coef(fit)[2], confint.default(fit)[2, ])))
  }
  wilson <- sapply(1:2, function(i) suppressWarnings(prop.test(x[i], n[i], correct = FALSE))$conf.int)
  p <- x / n; d <- p[1] - p[2]
  exact <- fisher.test(m)
  j(f = f, exact = c(unname(exact$estimate), exact$conf.int) |> sapply(FUN = function(v) if (is.infinite(v)) NA else v),
    newcombe = c(d, d - sqrt((p[1] - wilson[1, 1])^2 + (wilson[2, 2] - p[2])^2), d + sqrt((wilson[2, 1] - p[1])^2 + (p[2] - wilson[1, 2])^2)),
    wald = if (full) c(suppressWarnings(prop.test(x, n, correct = FALSE))$conf.int) else NA,
    odds = if (full) ratio("logit", NULL) else NA, risk = if (full) ratio("log", c(log(p[2]), log(p[1] / p[2]))) else NA)
})
tables <- list(matrix(c(20, 30, 10, 15, 25, 40), 3), matrix(c(12, 20, 9, 3, 5, 22, 19, 14), 4), matrix(c(30, 70, 45, 55), 2), matrix(c(0, 5, 7, 4, 0, 9), 3))
shares <- lapply(tables, function(m) {
  p <- prop.table(m, 2); s <- lapply(1:2, function(g) diag(p[-1, g], nrow(m) - 1) - tcrossprod(p[-1, g]))
  j(table = m, d = one(sqrt(mahalanobis(p[-1, 1], p[-1, 2], (s[[1]] + s[[2]]) / 2))))
})
fishers <- list(rbind(c(3, 5, 2, 6), c(4, 4, 4, 4), c(7, 1, 2, 9)), rbind(c(20, 30), c(25, 40), c(30, 35), c(20, 20), c(17, 35)), rbind(c(5, 0, 2), c(1, 6, 2), c(0, 0, 7)), rbind(c(1, 9, 3, 2, 4), c(6, 2, 2, 5, 1)))
fisher <- lapply(fishers, function(m) j(table = m, p = one(fisher.test(m, workspace = 2e8)$p.value)))
cat(jsonlite::toJSON(j(made_by = one(R.version.string), MASS = one(as.character(packageVersion("MASS"))), script = one("tests/oracles/group_comparison.R"),
  two = two, four = four, shares = shares, fisher = fisher), digits = I(17), na = "null"), "\n")
