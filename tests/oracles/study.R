# Answers of R for tests of analysis/study_results.py: whole analyses of open data sets.
# Run: Rscript tests/oracles/study.R > tests/oracles/study.json
# Data: MASS::birthwt, pROC::aSAH, survival::lung; the rows that a test needs are stored in the answer.
# MASS, pROC and survival are GPL; their answers are stored here, no code.
suppressPackageStartupMessages({library(MASS); library(pROC); library(survival)})
one <- jsonlite::unbox
j <- function(...) list(...)
tight <- glm.control(epsilon = 1e-14, maxit = 200)

table_of <- function(f) {
  s <- summary(f)$coefficients
  ends <- confint.default(f)
  j(coefficients = unname(coef(f)), errors = unname(s[, 2]), p = unname(s[, 4]),
    low = unname(exp(ends[, 1])), high = unname(exp(ends[, 2])), ratios = unname(exp(coef(f))))
}
roc_of <- function(y, x, direction) {
  r <- roc(y, x, levels = 0:1, direction = direction, quiet = TRUE)
  ends <- as.numeric(ci.auc(r))
  best <- coords(r, "best", best.method = "youden", transpose = FALSE)
  j(auc = one(ends[2]), low = one(ends[1]), high = one(ends[3]), se = one(sqrt(var(r))),
    threshold = best$threshold, sensitivity = best$sensitivity, specificity = best$specificity)
}

b <- birthwt
birth <- j(
  columns = j(low = b$low, age = b$age, lwt = b$lwt, smoke = b$smoke, ht = b$ht, race = b$race),
  roc = roc_of(b$low, b$lwt, ">"),
  welch = one(unname(t.test(age ~ low, b)$p.value)),
  age = j(mean = unname(tapply(b$age, b$low, mean)), sd = unname(tapply(b$age, b$low, sd))),
  rank = one(suppressWarnings(wilcox.test(lwt ~ low, b, exact = FALSE)$p.value)),
  smoke = one(chisq.test(b$smoke, b$low, correct = FALSE)$p.value),
  ht = one(fisher.test(b$ht, b$low)$p.value),
  alone = table_of(glm(low ~ I(lwt / 10), binomial, b, control = tight)),
  full = table_of(glm(low ~ I(lwt / 10) + age + smoke + ht + factor(race), binomial, b, control = tight))
)

a <- aSAH; y <- as.numeric(a$outcome == "Poor")
sah <- j(
  columns = j(outcome = as.character(a$outcome), age = a$age, gender = as.character(a$gender), s100b = a$s100b, ndka = a$ndka),
  roc = roc_of(y, a$s100b, "<"),
  full = table_of(glm(y ~ I(s100b / 0.1) + age + (gender == "Female"), binomial, a, control = tight))
)

l <- lung
used <- !is.na(l$ph.ecog)
f1 <- coxph(Surv(time, status == 2) ~ age, l, ties = "efron", control = coxph.control(eps = 1e-12, iter.max = 100))
f2 <- coxph(Surv(time, status == 2) ~ age + I(sex == 2) + ph.ecog, l, ties = "efron", control = coxph.control(eps = 1e-12, iter.max = 100))
hazards <- cox.zph(f2)$table
high <- as.numeric(l$age >= median(l$age))
rank <- survdiff(Surv(time, status == 2) ~ high, l)
km <- survfit(Surv(time, status == 2) ~ high, l, conf.type = "log-log")
cox_of <- function(f) j(coefficients = unname(coef(f)), errors = unname(sqrt(diag(vcov(f)))),
  p = unname(summary(f)$coefficients[, 5]), n = one(f$n), events = one(f$nevent))
lungs <- j(
  columns = j(time = l$time, status = l$status, age = l$age, sex = l$sex, ecog = l$ph.ecog),
  alone = cox_of(f1), full = cox_of(f2), hazards = unname(hazards[, "p"]),
  logrank = j(chi2 = one(rank$chisq), p = one(pchisq(rank$chisq, 1, lower.tail = FALSE))),
  medians = unname(summary(km)$table[, "median"])
)
answer <- j(made_by = one(R.version.string), script = one("tests/oracles/study.R"),
  packages = lapply(c(MASS = "MASS", pROC = "pROC", survival = "survival"), function(p) one(as.character(packageVersion(p)))),
  birthwt = birth, aSAH = sah, lung = lungs)
cat(jsonlite::toJSON(answer, digits = I(17), na = "null"), "\n")
