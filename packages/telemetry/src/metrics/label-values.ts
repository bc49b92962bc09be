/** One value for each label of a metric, so that a forgotten label does not compile. */
export type LabelValues<Labels extends readonly string[]> = {
  readonly [Index in keyof Labels]: string;
};
