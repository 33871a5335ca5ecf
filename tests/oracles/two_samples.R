# Answers of R for Student's and Welch's t, chi-square, Fisher, Holm and Benjamini-Hochberg.
# Run: Rscript tests/oracles/two_samples.R > tests/oracles/two_samples.json
# Base R only.  Data: R's own `datasets` and MASS::birthwt, and a few made-up edge cases.

number <- function(x) if (is.nan(x)) "null" else formatC(x, digits = 17, format = "g")
vector_json <- function(x) paste0("[", paste(sapply(x, number), collapse = ", "), "]")
table_json <- function(m) paste0("[", paste(apply(m, 1, vector_json), collapse = ", "), "]")
text <- function(x) paste0('"', x, '"')
object <- function(...) {
  fields <- list(...)
  paste0("{", paste(sprintf('"%s": %s', names(fields), unlist(fields)), collapse = ", "), "}")
}
array <- function(x) paste0("[\n    ", paste(x, collapse = ",\n    "), "\n  ]")

# --- two samples ---
samples <- list(
  sleep = with(sleep, split(extra, group)),
  tooth = with(ToothGrowth, split(len, supp)),
  birthwt_bwt = with(MASS::birthwt, split(bwt, smoke)),
  birthwt_age = with(MASS::birthwt, split(age, low)),
  wool = with(warpbreaks, split(breaks, wool)),
  cars_mpg = with(mtcars, split(mpg, am)),
  two_each = list(c(1, 2), c(4, 7)),
  two_and_many = list(c(0.1, 0.4), c(1.2, 1.9, 3.5, 0.2, 0.8, 2.2)),
  one_constant = list(rep(1, 6), c(1, 3, 2, 5, 4, 2, 3)),
  negative = list(c(-3.2, -1.1, -0.4, -7.7), c(2.5, -0.3, -1.9, 0.8, 1.1)),
  huge = list(c(1.2, 3.4, 2.2, 5.1) * 1e9, c(2.0, 4.4, 3.1) * 1e9),
  tiny = list(c(1.2, 3.4, 2.2, 5.1) * 1e-9, c(2.0, 4.4, 3.1) * 1e-9),
  equal_means = list(c(1, 2, 3), c(0, 2, 4))
)
t_cases <- sapply(names(samples), function(name) {
  a <- samples[[name]][[1]]; b <- samples[[name]][[2]]
  s <- t.test(a, b, var.equal = TRUE); w <- t.test(a, b)
  object(
    id = text(name), a = vector_json(a), b = vector_json(b),
    mean = vector_json(c(mean(a), mean(b))), sd = vector_json(c(sd(a), sd(b))),
    student_t = number(s$statistic), student_df = number(s$parameter), student_p = number(s$p.value),
    welch_t = number(w$statistic), welch_df = number(w$parameter), welch_p = number(w$p.value)
  )
})

# --- counts: rows are categories, columns are groups ---
tables <- list(
  birthwt_smoke = with(MASS::birthwt, table(smoke, low)),
  birthwt_race = with(MASS::birthwt, table(race, low)),
  birthwt_race_smoke = with(MASS::birthwt, table(race, smoke)),
  tea = matrix(c(3, 1, 1, 3), 2),
  agresti_job = matrix(c(1, 2, 1, 0, 3, 3, 6, 1, 10, 10, 14, 9, 6, 7, 12, 11), 4),
  equal_shares = matrix(c(98, 14, 140, 20), 2),
  near_independence = matrix(c(5, 5, 6, 5), 2),
  empty_cell = matrix(c(0, 12, 7, 30), 2),
  very_different = matrix(c(90, 3, 5, 140), 2),
  four_levels = matrix(c(12, 20, 9, 3, 5, 22, 19, 14), 4),
  three_groups = matrix(c(12, 30, 20, 22, 9, 41), 2),
  large = matrix(c(2100, 9000, 2300, 9100), 2)
)
likelihood_ratio <- function(m) {
  e <- outer(rowSums(m), colSums(m)) / sum(m)
  2 * sum(ifelse(m > 0, m * log(m / e), 0))
}
count_cases <- sapply(names(tables), function(name) {
  m <- unclass(tables[[name]]); dimnames(m) <- NULL
  p <- suppressWarnings(chisq.test(m, correct = FALSE))
  y <- if (all(dim(m) == 2)) suppressWarnings(chisq.test(m, correct = TRUE)) else list(statistic = NaN, p.value = NaN)
  lr <- likelihood_ratio(m); df <- prod(dim(m) - 1)
  f <- fisher.test(m, workspace = 2e7)
  level <- rep(rep(seq_len(nrow(m)), ncol(m)), as.vector(m))
  group <- rep(rep(seq_len(ncol(m)), each = nrow(m)), as.vector(m))
  k <- kruskal.test(level, group)
  one <- if (all(dim(m) == 2)) min(
    fisher.test(m, alternative = "less")$p.value, fisher.test(m, alternative = "greater")$p.value
  ) else NaN
  u <- if (ncol(m) == 2) {
    suppressWarnings(wilcox.test(level[group == 1], level[group == 2], correct = TRUE, exact = FALSE))$p.value
  } else NaN
  object(
    id = text(name), table = table_json(m), df = number(df),
    pearson = number(p$statistic), pearson_p = number(p$p.value),
    yates = number(y$statistic), yates_p = number(y$p.value),
    likelihood_ratio = number(lr), likelihood_ratio_p = number(pchisq(lr, df, lower.tail = FALSE)),
    fisher_p = number(f$p.value), fisher_one_sided_p = number(one),
    linear_by_linear = number((sum(m) - 1) * cor(level, group)^2),
    kruskal_wallis = number(k$statistic), mann_whitney_corrected_p = number(u)
  )
})

# --- distribution functions, over their whole range ---
grid <- expand.grid(t = c(0, 1e-9, 0.3, 1.96, 5, 12, 40), df = c(1, 1.7, 2, 17.3, 270, 1e6))
t_tails <- apply(grid, 1, function(g) vector_json(c(g, 2 * pt(-g[1], g[2]))))
grid <- expand.grid(x = c(0, 1e-9, 0.5, 3.84, 30, 300), df = c(1, 2, 5, 40))
chi2_tails <- apply(grid, 1, function(g) vector_json(c(g, pchisq(g[1], g[2], lower.tail = FALSE))))

# --- multiplicity ---
families <- list(
  c(0.01, 0.04, 0.03, 0.005), c(0.5, 0.5, 0.01), c(0.001), c(0.9, 0.8, 0.99, 1),
  c(0.289, 0.702, 0.52, 0.47, 0.513, 0.005, 0.127, 0.044, 1, 0.535, 0.09, 0.014, 1e-7, 1e-10, 5e-5, 1e-19)
)
adjusted <- sapply(families, function(p) object(
  p = vector_json(p), holm = vector_json(p.adjust(p, "holm")), bh = vector_json(p.adjust(p, "BH"))
))

cat("{\n")
cat('  "made_by": ', text(R.version.string), ",\n", sep = "")
cat('  "script": "tests/oracles/two_samples.R",\n')
cat('  "t": ', array(t_cases), ",\n", sep = "")
cat('  "counts": ', array(count_cases), ",\n", sep = "")
cat('  "t_tails": ', array(t_tails), ",\n", sep = "")
cat('  "chi2_tails": ', array(chi2_tails), ",\n", sep = "")
cat('  "adjusted": ', array(adjusted), "\n", sep = "")
cat("}\n")
