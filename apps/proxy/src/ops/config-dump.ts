import { nameOf, withSecretsReplaced } from '@sluice/config';
import type { Kind, Resource } from '@sluice/config';
import type { RunningConfig } from './node-status.ts';
import { placeholder, redacted } from './redacted.ts';

/** Which resources to show; undefined shows all. */
export interface DumpFilter {
  readonly kind: Kind | undefined;
  readonly name: string | undefined;
}

const pieceChars = 16_384;

const shows = ({ kind, name }: DumpFilter, resource: Resource): boolean =>
  (kind === undefined || resource.kind === kind) &&
  (name === undefined || nameOf(resource.kind, resource.spec) === name);

/**
 * Generates the running configuration as JSON, secrets redacted, one resource per line. It is
 * generated in pieces, because serializing a hundred thousand routes at once would block this
 * process's traffic.
 */
export function* configDump(
  config: RunningConfig,
  filter: DumpFilter,
): Generator<string, void, undefined> {
  const { resources, catalogue = new Map(), ...facts } = config;
  let text = `${JSON.stringify(redacted(facts)).slice(0, -1)},"resources":[`;
  let separator = '\n';
  let examined = 0;
  for (const resource of resources) {
    examined += 1;
    if (shows(filter, resource)) {
      const { kind, id, spec } = resource;
      text +=
        separator +
        JSON.stringify({
          kind,
          id,
          spec: redacted(withSecretsReplaced(kind, spec, catalogue, placeholder)),
        });
      separator = ',\n';
    }
    // Filtering many resources takes time as well, even when few are shown.
    if (text.length < pieceChars && examined % 1_000 !== 0) continue;
    yield text;
    text = '';
  }
  yield `${text}\n]}\n`;
}
