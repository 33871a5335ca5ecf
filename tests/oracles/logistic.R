# Answers of R for tests of analysis/estimate/logistic.py, firth.py, calibration.py, optimism.py and batched.py.
# Run: Rscript tests/oracles/logistic.R > tests/oracles/logistic.json
# Data: R's own `datasets`, MASS::birthwt, brglm2::endometrial, and made-up numbers stored in the answer.
# MASS, brglm2 and rms are GPL; their answers are stored here, no code.
suppressPackageStartupMessages({library(MASS); library(brglm2); library(rms)})
tight <- glm.control(epsilon = 1e-14, maxit = 200)
j <- function(...) list(...)
one <- jsonlite::unbox

b <- MASS::birthwt
data(endometrial)
set.seed(11)
made <- data.frame(a = round(rnorm(60), 3), b = rbinom(60, 1, 0.4), c = round(rexp(60), 3))
made$y <- rbinom(60, 1, plogis(-0.5 + 0.8 * made$a + 0.6 * made$b))
models <- list(
  birthwt = j(y = b$low, x = unname(with(b, cbind(age, lwt, smoke, ht)))),
  births_four_yes_or_no = j(y = b$low, x = unname(with(b, cbind(smoke, ht, ui, 1 * (ptl > 0))))),
  cars = j(y = mtcars$am, x = cbind(mtcars$wt)),
  cars_large_scale = j(y = mtcars$am, x = unname(with(mtcars, cbind(hp * 1e4, drat / 1e4)))),
  far_from_zero = j(y = b$low, x = cbind(b$lwt + 1e5)),
  made_up = j(y = made$y, x = unname(as.matrix(made[c("a", "b", "c")]))),
  endometrial_finite = j(y = endometrial$HG, x = unname(as.matrix(endometrial[c("PI", "EH")])))
)
likelihood <- function(y, x, offset, near) {
  # from the full fit's log odds: glm.fit does not get there from its own start in every case
  f <- suppressWarnings(glm.fit(x, y, offset = offset, family = binomial(), control = tight, etastart = near))
  # glm's fitted means meet its own limits far out, so the deviance is not taken from them
  eta <- drop(x %*% f$coefficients) + offset
  sum(y * plogis(eta, log.p = TRUE) + (1 - y) * plogis(-eta, log.p = TRUE))
}
ordinary <- lapply(models, function(d) {
  f <- glm(d$y ~ d$x, family = binomial, control = tight)
  # once more from where it ended: glm's covariance is that of the step before the last
  f <- glm(d$y ~ d$x, family = binomial, control = tight, etastart = f$linear.predictors)
  full <- cbind(1, d$x); se <- sqrt(diag(vcov(f))); top <- as.numeric(logLik(f)); near <- f$linear.predictors
  exact <- t(sapply(seq_along(coef(f)), function(k) sapply(c(-1, 1), function(side) {
    lost <- function(t) {
      2 * (top - likelihood(d$y, full[, -k, drop = FALSE], full[, k] * (coef(f)[k] + t * se[k]), near)) - qchisq(0.95, 1)
    }
    end <- side * 2; while (lost(end) < 0) end <- 1.5 * end
    coef(f)[k] + se[k] * uniroot(lost, sort(c(side * 1e-3, end)), tol = 1e-13)$root
  })))
  chi2 <- sapply(seq_along(coef(f)), function(k) 2 * (top - likelihood(d$y, full[, -k, drop = FALSE], 0 * d$y, near)))
  j(y = d$y, x = d$x, coefficients = unname(coef(f)), covariance = unname(vcov(f)),
    wald_p = unname(summary(f)$coefficients[, 4]), wald = unname(confint.default(f)),
    profile = exact, confint = unname(suppressMessages(confint(f))),
    chi2 = chi2, p = pchisq(chi2, 1, lower.tail = FALSE),
    anova_p = unname(drop1(glm(y ~ ., binomial, data.frame(y = d$y, d$x), control = tight), test = "LRT")[-1, 5]))
})

# --- Firth: brglm2 for the estimate; the penalised likelihood written out for what brglm2 has not ---
separate <- list(
  endometrial = j(y = endometrial$HG, x = unname(as.matrix(endometrial[c("NV", "PI", "EH")]))),
  wholly = j(y = c(0, 0, 0, 1, 1, 1), x = cbind(c(1, 2, 3, 4, 5, 7))),
  but_for_a_tie = j(y = c(0, 0, 0, 1, 1, 1, 0), x = cbind(c(1, 2, 3, 3, 5, 7, 1)))
)
penalised <- function(beta, y, x) {
  eta <- drop(x %*% beta); w <- plogis(eta) * plogis(-eta)
  sum(y * plogis(eta, log.p = TRUE) + (1 - y) * plogis(-eta, log.p = TRUE)) +
    0.5 * as.numeric(determinant(crossprod(x, w * x))$modulus)
}
# the largest penalised likelihood with coefficient k held; the penalty keeps all columns
held <- function(value, k, start, y, x) {
  score <- function(free) {
    beta <- append(free, value, k - 1); eta <- drop(x %*% beta); p <- plogis(eta); w <- p * (1 - p)
    h <- rowSums((x %*% solve(crossprod(x, w * x))) * x) * w
    drop(crossprod(x, y - p + h * (0.5 - p)))[-k]
  }
  free <- start[-k]
  for (method in 1:3) free <- optim(free, function(f) -penalised(append(f, value, k - 1), y, x),
                                    function(f) -score(f), method = "BFGS", control = list(reltol = 1e-16, maxit = 1000))$par
  penalised(append(free, value, k - 1), y, x)
}
firths <- lapply(c(models, separate), function(d) {
  centre <- colMeans(d$x); scale <- apply(d$x, 2, sd); z <- scale(d$x)
  control <- list(epsilon = 1e-14, maxit = 5000)
  s <- glm(d$y ~ z, family = binomial, method = "brglmFit", type = "AS_mean", control = control)
  beta <- coef(s); x <- cbind(1, z); se <- sqrt(diag(vcov(s)))
  top <- penalised(beta, d$y, x)
  slopes <- seq_along(scale) + 1
  chi2 <- sapply(slopes, function(k) 2 * (top - held(0, k, beta, d$y, x)))
  interval <- t(sapply(slopes, function(k) sapply(c(-1, 1), function(side) {
    lost <- function(t) 2 * (top - held(beta[k] + t * se[k], k, beta, d$y, x)) - qchisq(0.95, 1)
    end <- side; while (lost(end) < 0) end <- 1.5 * end
    (beta[k] + se[k] * uniroot(lost, sort(c(side * 1e-3, end)), tol = 1e-11)$root) / scale[k - 1]
  })))
  back <- diag(c(1, 1 / scale), nrow = length(beta)); back[1, -1] <- -centre / scale
  j(y = d$y, x = d$x, coefficients = drop(back %*% beta), errors = sqrt(diag(back %*% vcov(s) %*% t(back))),
    interval = interval, p = pchisq(chi2, 1, lower.tail = FALSE))
})

# --- calibration of risks that come from elsewhere ---
set.seed(12)
half <- sample(nrow(b), 94)
outside <- glm(low ~ age + lwt + smoke + ht, binomial, b[half, ])
few <- glm(low ~ smoke + ht + ui, binomial, b[half, ])
risks <- list(
  other_half = j(y = b$low[-half], risk = unname(predict(outside, b[-half, ], type = "response"))),
  all_births = j(y = b$low, risk = unname(predict(outside, b, type = "response"))),
  many_ties = j(y = b$low, risk = unname(predict(few, b, type = "response"))),
  made_up = j(y = made$y, risk = plogis(-1 + 1.7 * made$a))
)
calibrations <- lapply(risks, function(d) {
  odds <- qlogis(d$risk)
  both <- glm(d$y ~ odds, binomial, control = tight)
  large <- glm(d$y ~ 1 + offset(odds), family = binomial, control = tight)
  v <- val.prob(d$risk, d$y, pl = FALSE)
  s <- lowess(d$risk, d$y, iter = 0)
  order_ <- order(d$risk)
  j(y = d$y, risk = d$risk, intercept = coef(both)[[1]], slope = coef(both)[[2]],
    errors = unname(sqrt(diag(vcov(both)))), in_the_large = coef(large)[[1]], in_the_large_error = sqrt(vcov(large)[1, 1]),
    val_prob = as.list(v[c("Brier", "Intercept", "Slope", "Emax", "E90", "Eavg", "U:Chi-sq", "U:p")]) |> lapply(unname),
    e50 = median(abs(d$risk - approx(s, xout = d$risk, ties = mean)$y)),
    lowess = j(x = s$x, y = s$y))
})

# --- optimism: rms::validate with a seed whose draws are stored, and each index by hand with tight fits ---
resampled <- function(d, seed, times) {
  n <- length(d$y); set.seed(seed); draws <- t(replicate(times, sample(n, replace = TRUE)))
  somers <- function(x, y) unname(Hmisc::somers2(x, y)["C"])
  values <- t(sapply(seq_len(times), function(i) {
    own <- draws[i, ]; z <- cbind(1, scale(d$x))
    f <- suppressWarnings(glm.fit(z[own, , drop = FALSE], d$y[own], family = binomial(), control = tight))
    eta <- drop(z %*% f$coefficients)
    line <- suppressWarnings(glm.fit(cbind(1, eta), d$y, family = binomial(), control = tight))$coefficients
    # equal predictors must be equal log odds, whatever the order of summation
    c(somers(round(eta[own], 11), d$y[own]), mean((plogis(eta[own]) - d$y[own])^2),
      somers(round(eta, 11), d$y), line, mean((plogis(eta) - d$y)^2), max(sqrt(diag(chol2inv(f$qr$qr)))))
  }))
  j(draws = draws, values = values[, 1:6], largest_error = values[, 7])
}
validated <- function(d, seed, times) {
  frame <- data.frame(y = d$y, d$x)
  fit <- lrm(reformulate(names(frame)[-1], "y"), frame, x = TRUE, y = TRUE, eps = 1e-12, tol = 1e-13)
  set.seed(seed); v <- unclass(validate(fit, B = times, eps = 1e-12))
  lapply(list(dxy = "Dxy", intercept = "Intercept", slope = "Slope", brier = "B"), function(r) unname(v[r, ]))
}
optimism <- lapply(c("birthwt", "births_four_yes_or_no", "made_up"), function(name) {
  d <- models[[name]]; seed <- 13
  # rms takes a resample that is separated for one that has a fit: not here
  while (max((r <- resampled(d, seed, 40))$largest_error) > 20) seed <- seed + 1
  j(id = one(name), y = d$y, x = d$x, places = r$draws - 1, values = r$values, validate = validated(d, seed, 40))
})
r <- resampled(models$births_four_yes_or_no, 13, 40)
separated_ones <- j(y = b$low, x = models$births_four_yes_or_no$x, places = r$draws - 1, values = r$values, largest_error = r$largest_error)
d <- j(y = b$low, x = unname(with(b, cbind(age, lwt, smoke, ui))))
many <- c(j(y = d$y, x = d$x, B = one(4000)), validated(d, 14, 4000))

answer <- j(
  made_by = one(R.version.string), script = one("tests/oracles/logistic.R"),
  packages = lapply(c(MASS = "MASS", brglm2 = "brglm2", rms = "rms", Hmisc = "Hmisc"), function(p) one(as.character(packageVersion(p)))),
  ordinary = ordinary, firth = firths, calibration = calibrations, optimism = optimism,
  separated_ones = separated_ones, many = many
)
cat(jsonlite::toJSON(answer, digits = I(17), matrix = "rowmajor", null = "null", auto_unbox = FALSE), "\n")
