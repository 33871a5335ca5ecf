# Answers of R for analyses of variance, linear trends, and tests by ranks.
# Run: Rscript tests/oracles/several_samples.R > tests/oracles/several_samples.json
# Base R only.  Data: R's own `datasets` and MASS::birthwt, and a few made-up edge cases.

number <- function(x) if (is.nan(x)) "null" else formatC(x, digits = 17, format = "g")
vector_json <- function(x) paste0("[", paste(sapply(x, number), collapse = ", "), "]")
text <- function(x) paste0('"', x, '"')
object <- function(...) {
  fields <- list(...)
  paste0("{", paste(sprintf('"%s": %s', names(fields), unlist(fields)), collapse = ", "), "}")
}
array <- function(x) paste0("[\n    ", paste(x, collapse = ",\n    "), "\n  ]")

# --- three and more groups ---
samples <- list(
  plants = with(PlantGrowth, split(weight, group)),
  insects = with(InsectSprays, split(count, spray)),
  birthwt_race = with(MASS::birthwt, split(bwt, race)),
  iris = with(iris, split(Sepal.Width, Species)),
  chicks = with(chickwts, split(weight, feed)),
  unequal = list(c(1, 2), c(4, 7, 12, 3, 30), c(2.5, 2.6, 2.4, 2.5)),
  two = with(sleep, split(extra, group))
)
several <- sapply(names(samples), function(name) {
  x <- samples[[name]]; k <- length(x); n <- sapply(x, length); total <- sum(n)
  y <- unlist(x); g <- factor(rep(seq_len(k), n)); score <- rep(seq_len(k), n)
  one <- oneway.test(y ~ g, var.equal = TRUE); w <- oneway.test(y ~ g)
  m <- sapply(x, mean); v <- sapply(x, var)
  # Brown and Forsythe's F*, with Satterthwaite's degrees of freedom
  part <- (1 - n / total) * v; f_star <- sum(n * (m - mean(y))^2) / sum(part)
  df_star <- sum(part)^2 / sum(part^2 / (n - 1))
  line <- summary(lm(y ~ score))$coefficients[2, ]
  fit <- lm(y ~ g)
  trend <- function(contrast) {
    # t of a contrast of the group means with the variance inside the groups
    s2 <- sum(residuals(fit)^2) / (total - k)
    t <- sum(contrast * m) / sqrt(s2 * sum(contrast^2 / n))
    c(t, 2 * pt(-abs(t), total - k))
  }
  weighted <- trend(n * (seq_len(k) - weighted.mean(seq_len(k), n)))
  equal <- trend(2 * seq_len(k) - k - 1)
  h <- kruskal.test(y, g)
  object(
    id = text(name), n = vector_json(n), mean = vector_json(m), sd = vector_json(sqrt(v)),
    f = number(one$statistic), df = number(total - k), p = number(one$p.value),
    welch = number(w$statistic), welch_df = number(w$parameter[2]), welch_p = number(w$p.value),
    star = number(f_star), star_df = number(df_star),
    star_p = number(pf(f_star, k - 1, df_star, lower.tail = FALSE)),
    line_t = number(line[3]), line_p = number(line[4]),
    weighted = vector_json(weighted), equal = vector_json(equal),
    all_mean = number(mean(y)), all_sd = number(sd(y)),
    h = number(h$statistic), h_p = number(h$p.value)
  )
})

# --- U: exact and by the normal, without ties ---
set.seed(1)
pairs <- list(c(3, 3), c(5, 6), c(8, 4), c(12, 15), c(2, 30), c(49, 49))
ranks <- sapply(pairs, function(n) {
  order <- sample(sum(n)); a <- order[seq_len(n[1])]; b <- order[-seq_len(n[1])]
  u <- wilcox.test(a, b, exact = TRUE)
  object(
    n = vector_json(n), u = number(u$statistic), exact = number(u$p.value),
    plain = number(wilcox.test(a, b, exact = FALSE, correct = FALSE)$p.value),
    corrected = number(wilcox.test(a, b, exact = FALSE, correct = TRUE)$p.value)
  )
})

# --- counts: trend, mid-P, twice the smaller side ---
tables <- list(c(2, 9, 8, 5), c(0, 6, 7, 3), c(12, 100, 7, 153), c(5, 5, 5, 5), c(1, 20, 4, 3))
two_by_two <- sapply(tables, function(k) {
  m <- matrix(k, 2)  # columns are groups
  a <- max(0, sum(m[1, ]) - sum(m[, 2])):min(sum(m[1, ]), sum(m[, 1]))
  d <- dhyper(a, sum(m[, 1]), sum(m[, 2]), sum(m[1, ])); seen <- d[a == m[1, 1]]
  same <- abs(d / seen - 1) < 1e-9
  p <- m[1, ] / colSums(m)
  object(
    table = paste0("[", vector_json(m[1, ]), ", ", vector_json(m[2, ]), "]"),
    mid_p = number(sum(d[d < seen & !same]) + sum(d[same]) / 2),
    unpooled = number((p[1] - p[2])^2 / sum(p * (1 - p) / colSums(m)))
  )
})
trends <- sapply(list(list(c(5, 9, 14), c(20, 25, 22)), list(c(1, 0, 4, 9), c(10, 12, 11, 13))), function(x) {
  t <- prop.trend.test(x[[1]], x[[2]])
  object(
    events = vector_json(x[[1]]), n = vector_json(x[[2]]), chi2 = number(t$statistic),
    p = number(t$p.value)
  )
})
grid <- expand.grid(f = c(0, 1e-9, 0.3, 1, 3.1, 40), df1 = c(1, 2, 5), df2 = c(1, 2.7, 17.3, 270, 1e6))
f_tails <- apply(grid, 1, function(g) vector_json(c(g, pf(g[1], g[2], g[3], lower.tail = FALSE))))

cat("{\n")
cat('  "made_by": ', text(R.version.string), ",\n", sep = "")
cat('  "script": "tests/oracles/several_samples.R",\n')
cat('  "several": ', array(several), ",\n", sep = "")
cat('  "ranks": ', array(ranks), ",\n", sep = "")
cat('  "two_by_two": ', array(two_by_two), ",\n", sep = "")
cat('  "trends": ', array(trends), ",\n", sep = "")
cat('  "f_tails": ', array(f_tails), "\n", sep = "")
cat("}\n")
