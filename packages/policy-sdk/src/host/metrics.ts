/** What a metric of a policy counts, by the values of its labels. */
export interface PolicyCounter {
  /** Counts up by `amount`, which is not negative. */
  add(amount: number, ...labelValues: string[]): void;
}

export interface PolicyGauge {
  set(value: number, ...labelValues: string[]): void;
}

export interface PolicyHistogram {
  /** Records one observation, in the unit of the metric's name. */
  record(value: number, ...labelValues: string[]): void;
}

/**
 * Metrics of a policy, in the node's /metrics. All attachments of a policy share them: each name is
 * prefixed with `sluice_policy_<policy>_`. Names and labels are snake_case; a counter's name ends
 * in `_total`. A metric has at most 200 series, and one more, labelled `_other`, for all others; a
 * policy has at most 20 metrics. The methods throw a TypeError when a name or label is not valid,
 * when the metric exists with another definition, and when there are too many.
 */
export interface PolicyMetrics {
  counter(name: string, help: string, labels?: readonly string[]): PolicyCounter;
  gauge(name: string, help: string, labels?: readonly string[]): PolicyGauge;
  /** @param bounds upper bounds of the buckets, ascending, without infinity */
  histogram(
    name: string,
    help: string,
    bounds: readonly number[],
    labels?: readonly string[],
  ): PolicyHistogram;
}
