# median.awk - for both tables.

# Of values[1..n], which it sorts.
function median(values, n,    i, j, value) {
    for (i = 2; i <= n; i++) {
        value = values[i]
        for (j = i - 1; j > 0 && values[j] > value; j--)
            values[j + 1] = values[j]
        values[j + 1] = value
    }
    return n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2
}

# For values that are sorted: whether the rounds differed by more than a quarter.
function differ(values, n) {
    return values[n] > 1.25 * values[1]
}
