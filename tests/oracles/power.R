# Answers of R for the power of two shares: power.prop.test (equal groups) and Hmisc::bpower.
# Run: Rscript tests/oracles/power.R > tests/oracles/power.json
suppressMessages(library(Hmisc))
library(jsonlite)

pairs <- list(c(0.5, 0.3), c(0.41, 0.25), c(0.1, 0.02), c(0.05, 0.9), c(0.3, 0.3))
powers <- do.call(rbind, lapply(pairs, function(p) {
  do.call(rbind, lapply(list(c(20, 20), c(136, 136), c(112, 160), c(15, 400)), function(n) {
    data.frame(p1 = p[1], p0 = p[2], n1 = n[1], n0 = n[2],
      power = unname(bpower(p[1], p[2], n1 = n[1], n2 = n[2])),
      power_01 = unname(bpower(p[1], p[2], n1 = n[1], n2 = n[2], alpha = 0.01)))
  }))
}))
sizes <- do.call(rbind, lapply(pairs[1:4], function(p) {
  data.frame(p1 = p[1], p0 = p[2],
    n_80 = power.prop.test(p1 = p[1], p2 = p[2], power = 0.8, strict = TRUE, tol = 1e-10)$n,
    n_90_01 = power.prop.test(p1 = p[1], p2 = p[2], power = 0.9, sig.level = 0.01, strict = TRUE, tol = 1e-10)$n)
}))
cat(toJSON(list(made_by = R.version.string, Hmisc = as.character(packageVersion("Hmisc")),
  script = "tests/oracles/power.R", powers = powers, sizes = sizes), digits = NA, auto_unbox = TRUE))
cat("\n")
