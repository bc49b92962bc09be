const maxMetricsPerPolicy = 20;
const nameForm = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/;
const maxNameLength = 64;

/** Series of a metric of a policy; all others share one. */
export const maxSeriesOfPolicyMetric = 200;

/** A metric of a policy, with its full name. */
export interface PolicyMetricDefinition {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  readonly bounds?: readonly number[];
}

/**
 * The metrics of one policy by name. Each attachment defines them again, so the same definition
 * twice is one metric.
 * @typeParam Metric what records the values
 */
export class MetricDefinitions<Metric> {
  readonly #prefix: string;
  readonly #metrics = new Map<string, { readonly shape: string; readonly metric: Metric }>();

  constructor(policy: string) {
    this.#prefix = `sluice_policy_${policy.replaceAll('-', '_')}_`;
  }

  /**
   * Returns the metric, or creates it with its full name.
   * @throws TypeError when the definition is not valid, when the metric has another one already, or
   *   when the policy has too many
   */
  metric(
    definition: PolicyMetricDefinition,
    create: (definition: PolicyMetricDefinition) => Metric,
  ): Metric {
    const { name, type, labels, bounds } = definition;
    const shape = JSON.stringify([type, labels, bounds]);
    const known = this.#metrics.get(name);
    if (known !== undefined) {
      if (known.shape !== shape)
        throw new TypeError(`the metric "${name}" is already defined with another type or labels`);
      return known.metric;
    }
    const fault = definitionFault(definition);
    if (fault !== undefined) throw new TypeError(fault);
    if (this.#metrics.size >= maxMetricsPerPolicy)
      throw new TypeError(`a policy has at most ${maxMetricsPerPolicy} metrics`);
    const metric = create({ ...definition, name: `${this.#prefix}${name}` });
    this.#metrics.set(name, { shape, metric });
    return metric;
  }
}

function definitionFault({ name, type, labels }: PolicyMetricDefinition): string | undefined {
  if (!nameForm.test(name) || name.length > maxNameLength)
    return `the metric "${name}" is not snake_case of at most ${maxNameLength} characters`;
  if ((type === 'counter') !== name.endsWith('_total'))
    return type === 'counter'
      ? `the counter "${name}" does not end in _total`
      : `the ${type} "${name}" ends in _total, which is for counters`;
  if (new Set(labels).size !== labels.length || labels.length > 8)
    return `the labels of the metric "${name}" are at most 8, each once`;
  const label = labels.find((each) => !nameForm.test(each) || each === 'le');
  return label === undefined ? undefined : `the label "${label}" of "${name}" is not valid`;
}
