import { readFileSync } from 'node:fs';
import { metricDefinitions } from '@sluice/telemetry';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

interface CollectorConfig {
  readonly [section: string]: Readonly<Record<string, unknown>>;
  readonly service: {
    readonly pipelines: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  };
}

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { alert: string; expr: string; annotations: Record<string, string> }[];
  }[];
}

describe('the collector configuration', () => {
  const config = parse(read('collector.yaml')) as CollectorConfig;

  it('uses what it declares, and declares what it uses', () => {
    for (const section of ['receivers', 'processors', 'exporters']) {
      const used = Object.values(config.service.pipelines).flatMap(
        (pipeline) => pipeline[section] ?? [],
      );
      expect([...new Set(used)].sort()).toEqual(Object.keys(config[section] ?? {}).sort());
    }
  });

  it('limits memory first', () => {
    for (const pipeline of Object.values(config.service.pipelines))
      expect(pipeline['processors']?.[0]).toBe('memory_limiter');
  });
});

describe('the alerting rules', () => {
  const rules = (parse(read('alerts.yaml')) as Rules).groups.flatMap((group) => group.rules);
  const definitions = new Map(
    Object.values(metricDefinitions).map((definition) => [definition.name as string, definition]),
  );

  it.each(rules.map((rule) => [rule.alert, rule] as const))(
    'use only metrics and labels that exist: %s',
    (_, rule) => {
      const metrics = [...rule.expr.matchAll(/\b(?:sluice|process)_\w+/g)].map(([name]) =>
        definitions.get(name),
      );
      expect(metrics.length).toBeGreaterThan(0);
      expect(metrics).not.toContain(undefined);
      const known = ['instance', ...metrics.flatMap((definition) => definition?.labels ?? [])];
      const labels = [...JSON.stringify(rule.annotations).matchAll(/\$labels\.(\w+)/g)].map(
        ([, label]) => label,
      );
      expect(labels.filter((label) => !known.includes(label ?? ''))).toEqual([]);
      expect(rule.annotations['description']).toMatch(/\.$/);
    },
  );
});
