import { describe, expect, it } from '@jest/globals';
import { controlPlaneMetricDefinitions, writeSpanAttributes } from './control-plane-names.ts';
import { accessLogFields } from './access-log-fields.ts';
import { metricDefinitions, resourceAttributes, spanAttributes } from './names.ts';
import type { MetricDefinition } from './names.ts';
import { telemetryReference } from './reference.ts';

const definitions: readonly MetricDefinition[] = [
  ...Object.values(metricDefinitions),
  ...Object.values(controlPlaneMetricDefinitions),
];

describe('the names of metrics', () => {
  it('are unique', () => {
    expect(new Set(definitions.map(({ name }) => name)).size).toBe(definitions.length);
  });

  it.each(definitions.map((definition) => [definition.name, definition] as const))(
    'follow the conventions: %s',
    (name, definition) => {
      expect(name).toMatch(/^(?:sluice|process)_[a-z0-9_]+$/);
      expect(name.endsWith('_total')).toBe(definition.type === 'counter');
      // Base units only: seconds and bytes.
      expect(name).not.toMatch(/_(?:ms|milliseconds|minutes|kb|mb|percent)(?:_|$)/);
      expect(definition.bounds !== undefined).toBe(definition.type === 'histogram');
      expect(definition.help).toMatch(/^[A-Z0-9].*\.$/);
      for (const label of definition.labels) expect(label).toMatch(/^[a-z][a-z0-9_]*$/);
    },
  );
});

describe('the reference', () => {
  const page = telemetryReference();

  it('names everything there is, once', () => {
    const names = [
      ...Object.keys(accessLogFields),
      ...definitions.map(({ name }) => name),
      ...Object.values(spanAttributes),
      ...Object.values(writeSpanAttributes),
      ...Object.values(resourceAttributes),
    ];
    const rows = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name);
    expect(rows).toEqual(names);
  });

  it('is Markdown whose rows have all their cells', () => {
    for (const line of page.split('\n').filter((text) => text.startsWith('|'))) {
      expect(line).toMatch(/^\|(?: [^|]* \|){2}(?:(?: [^|]* \|){3})?$/);
    }
  });
});
