# Answers of R for ROC curves (pROC), searched cut-offs (cutpointr), maximally selected statistics
# (maxstat), binomial intervals (stats) and predictive values (a numerical delta method, numDeriv).
# Run: Rscript tests/oracles/cutoff.R > tests/oracles/cutoff.json
# Data: pROC::aSAH, MASS::birthwt, datasets::mtcars, and simulated numbers that stand in the file.
suppressMessages({library(pROC); library(cutpointr); library(maxstat); library(jsonlite)})
options(warn = 1)
set.seed(20)

data(aSAH)
sets <- list(
  s100b = with(aSAH, list(y = as.integer(outcome == "Poor"), x = s100b, direction = "higher")),
  ndka = with(aSAH, list(y = as.integer(outcome == "Poor"), x = ndka, direction = "higher")),
  wfns = with(aSAH, list(y = as.integer(outcome == "Poor"), x = as.numeric(wfns), direction = "higher")),
  lwt = with(MASS::birthwt, list(y = low, x = lwt, direction = "lower")),
  mpg = with(mtcars, list(y = am, x = mpg, direction = "higher")),
  simulated = list(y = rep(c(1, 0), c(112, 160)), x = round(c(rnorm(112, 0.4), rnorm(160)), 6), direction = "higher"),
  null = list(y = rep(c(1, 0), c(60, 90)), x = round(rnorm(150), 6), direction = "lower")
)

curves <- lapply(names(sets), function(id) {
  d <- sets[[id]]
  r <- pROC::roc(d$y, d$x, levels = c(0, 1), direction = if (d$direction == "higher") "<" else ">", quiet = TRUE)
  a <- as.numeric(pROC::auc(r)); v <- pROC::var(r, method = "delong")
  # the logit interval by a numerical derivative
  slope <- numDeriv::grad(qlogis, a)
  list(id = id, y = d$y, x = d$x, direction = d$direction,
       thresholds = as.character(r$thresholds), sensitivities = r$sensitivities, specificities = r$specificities,
       auc = a, se = sqrt(v),
       plain = as.numeric(ci.auc(r, method = "delong"))[c(1, 3)],
       plain90 = as.numeric(ci.auc(r, method = "delong", conf.level = 0.9))[c(1, 3)],
       logit = plogis(qlogis(a) + c(-1, 1) * qnorm(0.975) * slope * sqrt(v)),
       # 4,000 resamples: good to about 5 % of the variance
       bootstrap_var = pROC::var(r, method = "bootstrap", boot.n = 4000, boot.stratified = TRUE, progress = "none"))
})

search <- function(d, method, metric, midpoint, ties, ...) {
  suppressWarnings(suppressMessages(cutpointr(
    data = data.frame(x = d$x, y = d$y), x = x, class = y, pos_class = 1, neg_class = 0,
    direction = if (d$direction == "higher") ">=" else "<=", method = method, metric = metric,
    use_midpoints = midpoint, break_ties = ties, silent = TRUE, ...)))
}
criteria <- list(
  list(ours = "youden", method = maximize_metric, metric = youden),
  list(ours = "closest", method = minimize_metric, metric = roc01),
  list(ours = "product", method = maximize_metric, metric = prod_sens_spec),
  list(ours = "sensitivity", method = maximize_metric, metric = spec_constrain, target = 0.8),
  list(ours = "specificity", method = maximize_metric, metric = sens_constrain, target = 0.8)
)
cuts <- do.call(c, lapply(names(sets), function(id) lapply(criteria, function(k) {
  d <- sets[[id]]
  # sens_constrain: the sensitivity where the specificity is at least min_constrain
  more <- if (is.null(k$target)) list() else list(min_constrain = k$target)
  get <- function(midpoint) do.call(search, c(list(d, k$method, k$metric, midpoint, c), more))
  mid <- get(TRUE); seen <- get(FALSE)
  list(id = id, criterion = k$ours, target = k$target,
       midpoint = unlist(mid$optimal_cutpoint), observed = unlist(seen$optimal_cutpoint),
       sensitivity = unlist(seen$sensitivity), specificity = unlist(seen$specificity))
})))

# resamples given by their patients: the cut in each, and what it is worth in the original
searches <- do.call(c, lapply(c("s100b", "lwt", "simulated"), function(id) lapply(1:12, function(i) {
  d <- sets[[id]]
  n <- length(d$y)
  who <- if (i %% 2) sample(n, replace = TRUE) else c(sample(which(d$y == 1), replace = TRUE), sample(which(d$y == 0), replace = TRUE))
  again <- list(y = d$y[who], x = d$x[who], direction = d$direction)
  # the most sensitive of equal cuts
  ties <- if (d$direction == "higher") min else max
  one <- function(midpoint) {
    f <- search(again, maximize_metric, youden, midpoint, ties)
    called <- if (d$direction == "higher") d$x >= f$optimal_cutpoint else d$x <= f$optimal_cutpoint
    c(f$optimal_cutpoint, f$sensitivity, f$specificity, mean(called[d$y == 1]), mean(!called[d$y == 0]))
  }
  list(id = id, who = who - 1, midpoint = one(TRUE), observed = one(FALSE))
})))

ranges <- list(c(0.1, 0.9), c(0.05, 0.95), c(0.25, 0.8))
selected <- do.call(c, lapply(names(sets), function(id) lapply(ranges, function(r) {
  d <- as.data.frame(sets[[id]][c("y", "x")])
  get <- function(method) maxstat.test(y ~ x, data = d, smethod = "Data", pmethod = method, minprop = r[1], maxprop = r[2])
  m <- get("Lau92")
  monte_carlo <- maxstat.test(y ~ x, data = d, smethod = "Data", pmethod = "condMC", minprop = r[1], maxprop = r[2], B = 20000)
  # HL needs the factorial of n as a floating-point number
  list(id = id, inner = r, statistic = unname(m$statistic), cut = unname(m$estimate), lau92 = m$p.value,
       lau94 = get("Lau94")$p.value, hl = if (nrow(d) <= 170) get("HL")$p.value, cond_mc = monte_carlo$p.value)
})))
lau92 <- lapply(c(1.2, 2, 2.5, 3, 4, 6), function(b) list(b = b, p10 = pLausen92(b), p05 = pLausen92(b, 0.05, 0.95)))

counts <- list(c(0, 20), c(1, 20), c(75, 112), c(112, 112), c(3, 4), c(812, 1000))
shares <- do.call(c, lapply(counts, function(k) lapply(c(0.9, 0.95), function(level) {
  tail <- (1 - level) / 2
  list(count = k[1], of = k[2], level = level,
       wilson = as.numeric(suppressWarnings(prop.test(k[1], k[2], conf.level = level, correct = FALSE))$conf.int),
       `clopper-pearson` = as.numeric(binom.test(k[1], k[2], conf.level = level)$conf.int),
       jeffreys = qbeta(c(tail, 1 - tail), k[1] + 0.5, k[2] - k[1] + 0.5))
})))

# the first table is the published example (Mercaldo et al. 2007)
tables <- list(c(240, 178, 87, 288), c(75, 37, 46, 114), c(10, 2, 1, 30))
predictive <- do.call(c, lapply(tables, function(t) lapply(c(0.03, 0.4), function(p) {
  z <- qnorm(0.975)
  interval <- function(f, add) {
    n1 <- t[1] + t[2] + add; n0 <- t[3] + t[4] + add
    at <- c(t[1] + add / 2, t[4] + add / 2) / c(n1, n0)
    g <- numDeriv::grad(function(s) qlogis(f(s)), at)
    se <- sqrt(sum(g^2 * at * (1 - at) / c(n1, n0)))
    c(f(at), plogis(qlogis(f(at)) + c(-1, 1) * z * se))
  }
  ppv <- function(s) s[1] * p / (s[1] * p + (1 - s[2]) * (1 - p))
  npv <- function(s) s[2] * (1 - p) / (s[2] * (1 - p) + (1 - s[1]) * p)
  list(table = t, prevalence = p, ppv = interval(ppv, 0), npv = interval(npv, 0),
       ppv_adjusted = interval(ppv, z^2), npv_adjusted = interval(npv, z^2))
})))

version <- function(p) as.character(packageVersion(p))
cat(toJSON(list(
  made_by = R.version.string, pROC = version("pROC"), cutpointr = version("cutpointr"), maxstat = version("maxstat"),
  numDeriv = version("numDeriv"), script = "tests/oracles/cutoff.R",
  curves = curves, cuts = cuts, searches = searches, selected = selected, lau92 = lau92, shares = shares, predictive = predictive
), digits = I(16), auto_unbox = TRUE, null = "null"), "\n")
