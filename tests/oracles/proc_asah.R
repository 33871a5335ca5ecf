# What pROC says about the aSAH data that it ships (Turck et al. 2010): run with
#   Rscript proc_asah.R > proc_asah.yaml
# pROC is GPL-3; only its answers are stored here, no code and no data.
suppressMessages(library(pROC))
data(aSAH)
cat("# made by proc_asah.R\n")
cat("versions: {R: ", paste0('"', R.version$major, ".", R.version$minor, '"'),
    ", pROC: ", paste0('"', packageVersion("pROC"), '"'), "}\n", sep = "")
cat("n1:", sum(aSAH$outcome == "Poor"), "\nn0:", sum(aSAH$outcome == "Good"), "\nmarkers:\n")
number <- function(x) trimws(formatC(x, digits = 15, format = "g"))
for (marker in c("s100b", "ndka", "wfns", "age")) {
  curve <- roc(aSAH$outcome, as.numeric(aSAH[[marker]]), levels = c("Good", "Poor"),
               direction = "<", quiet = TRUE)
  limits <- ci.auc(curve, method = "delong")
  fields <- c(auc = as.numeric(auc(curve)), variance = var(curve, method = "delong"),
              low = limits[1], high = limits[3])
  for (rule in c("youden", "closest.topleft")) {
    best <- coords(curve, "best", best.method = rule, transpose = FALSE,
                   ret = c("threshold", "tp", "tn"))[1, ]
    names(best) <- paste0(sub(".topleft", "", rule, fixed = TRUE), c("_cut", "_tp", "_tn"))
    fields <- c(fields, unlist(best))
  }
  values <- split(as.numeric(aSAH[[marker]]), aSAH$outcome)
  fields <- c(fields, m1 = mean(values$Poor), s1 = sd(values$Poor),
              m0 = mean(values$Good), s0 = sd(values$Good))
  cat("  ", marker, ": {", paste(names(fields), number(fields), sep = ": ", collapse = ", "),
      "}\n", sep = "")
}
