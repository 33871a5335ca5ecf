# Answers of R's survival package: survfit, survdiff, coxph, cox.zph.
# Run: Rscript tests/oracles/survival.R > tests/oracles/survival.json
# Data: survival's lung, veteran and ovarian, and a few made-up follow-ups.
suppressMessages(library(survival))
library(jsonlite)

made_up <- data.frame(
  t = c(3, 3, 3, 5, 5, 7, 8, 8, 10, 12, 12, 15),
  e = c(1, 0, 1, 1, 0, 0, 1, 1, 0, 1, 1, 1),
  g = c(0, 0, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1)
)
eight <- data.frame(t = c(1, 2, 3, 4, 5, 6, 7, 8), e = c(1, 1, 1, 1, 0, 0, 1, 0))
curves <- list(
  lung = with(lung, list(t = time, e = as.integer(status == 2), at = c(100, 365, 500, 883))),
  veteran = with(veteran, list(t = time, e = status, at = c(30, 100, 365))),
  ovarian = with(ovarian, list(t = futime, e = fustat, at = c(365, 600, 1000))),
  made_up = list(t = made_up$t, e = made_up$e, at = c(4, 5, 8, 12)),
  just_half = list(t = eight$t, e = eight$e, at = c(3.5, 4, 8))
)
curve_cases <- lapply(names(curves), function(name) {
  d <- curves[[name]]
  fit <- function(type, level = 0.95) survfit(Surv(d$t, d$e) ~ 1, conf.type = type, conf.int = level)
  loglog <- fit("log-log"); plain <- fit("plain", 0.9)
  s <- summary(loglog, times = d$at)
  q <- quantile(loglog, c(0.25, 0.5)); qp <- quantile(plain, c(0.25, 0.5))
  list(
    id = name, time = d$t, event = d$e,
    times = loglog$time, at_risk = loglog$n.risk, survival = loglog$surv,
    se = loglog$std.err * loglog$surv,
    low = loglog$lower, high = loglog$upper, low_plain_90 = plain$lower, high_plain_90 = plain$upper,
    at = d$at, at_survival = s$surv, at_low = s$lower, at_high = s$upper, at_n = s$n.risk,
    quantile = unname(q$quantile), quantile_low = unname(q$lower), quantile_high = unname(q$upper),
    quantile_low_plain_90 = unname(qp$lower), quantile_high_plain_90 = unname(qp$upper)
  )
})

groups <- list(
  lung_sex = with(lung, list(t = time, e = as.integer(status == 2), g = sex)),
  veteran_cell = with(veteran, list(t = time, e = status, g = as.integer(celltype))),
  ovarian_rx = with(ovarian, list(t = futime, e = fustat, g = rx)),
  made_up = list(t = made_up$t, e = made_up$e, g = made_up$g)
)
rank_cases <- lapply(names(groups), function(name) {
  d <- groups[[name]]
  s <- survdiff(Surv(d$t, d$e) ~ d$g)
  df <- length(s$n) - 1
  list(
    id = name, time = d$t, event = d$e, group = d$g, observed = unname(s$obs), expected = unname(s$exp),
    statistic = s$chisq, df = df, p = pchisq(s$chisq, df, lower.tail = FALSE)
  )
})

models <- list(
  lung = with(na.omit(lung[c("time", "status", "age", "sex", "ph.ecog")]),
    list(t = time, e = as.integer(status == 2), x = cbind(age, sex, ph.ecog))),
  veteran = with(veteran, list(t = time, e = status, x = cbind(trt, karno, diagtime, age, prior))),
  ovarian = with(ovarian, list(t = futime, e = fustat, x = cbind(age, rx))),
  one_marker = with(veteran, list(t = time, e = status, x = cbind(karno * 1000))),
  many_ties = list(t = ceiling(veteran$time / 60), e = veteran$status, x = cbind(veteran$karno, veteran$age)),
  made_up = list(t = made_up$t, e = made_up$e, x = cbind(made_up$g))
)
cox_cases <- lapply(names(models), function(name) {
  d <- models[[name]]; x <- unname(d$x)
  fit <- coxph(Surv(d$t, d$e) ~ x, ties = "efron", control = coxph.control(eps = 1e-11, toler.chol = 1e-14, iter.max = 100))
  s <- summary(fit)
  zph <- lapply(c("km", "identity", "log", "rank"), function(g) unname(cox.zph(fit, transform = g, terms = FALSE)$table))
  names(zph) <- c("km", "identity", "log", "rank")
  list(
    id = name, time = d$t, event = d$e, x = x,
    coefficients = unname(coef(fit)), errors = unname(s$coefficients[, "se(coef)"]),
    p = unname(s$coefficients[, "Pr(>|z|)"]),
    low = unname(s$conf.int[, "lower .95"]), high = unname(s$conf.int[, "upper .95"]),
    log_likelihood = fit$loglik, likelihood_ratio = unname(s$logtest),
    concordance = unname(s$concordance[1]), zph = zph
  )
})

cat(toJSON(list(
  made_by = R.version.string, survival = as.character(packageVersion("survival")),
  script = "tests/oracles/survival.R",
  curves = curve_cases, log_rank = rank_cases, cox = cox_cases
), digits = NA, auto_unbox = TRUE, na = "null", matrix = "rowmajor"))
cat("\n")
