import { canonicalJson } from '@sluice/config';
import type { FieldRule, SchemaRules } from '@sluice/config';
import type { ResourceRecord } from '@sluice/wire';
import type { NodeCapabilities } from '../../nodes/node-capabilities.ts';
import type { DeliveredRecord } from './delivered-record.ts';

/** A property that is left out, with the text by which it is found in JSON. */
interface LeftOut extends FieldRule {
  readonly sign: string;
}

/**
 * What nodes with the same capabilities are not sent. Nodes that are sent everything have an empty
 * filter; nodes whose filters have the same key are sent the same.
 */
export class NodeFilter {
  readonly key: string;
  /** Kinds of which the nodes are sent nothing. */
  readonly excludedKinds: ReadonlySet<string>;
  private readonly fields: ReadonlyMap<string, readonly LeftOut[]>;
  private readonly sendsSecrets: boolean;

  constructor({ kinds }: SchemaRules, node: NodeCapabilities) {
    const excluded: string[] = [];
    const fields: [string, readonly FieldRule[]][] = [];
    for (const [kind, rule] of Object.entries(kinds)) {
      // A node that names no kinds is of a release that knows only those of the first level.
      const isKnown = node.kinds.length === 0 ? rule.since <= 1 : node.kinds.includes(kind);
      if (!isKnown) {
        excluded.push(kind);
        continue;
      }
      const left = rule.fields.filter(({ since, isSecret }) =>
        isSecret ? !node.mayReceiveSecrets : since > node.schemaLevel,
      );
      if (left.length > 0) fields.push([kind, left]);
    }
    this.excludedKinds = new Set(excluded);
    this.fields = new Map(
      fields.map(([kind, rules]) => [
        kind,
        rules.map((rule) => ({ ...rule, sign: lastName(rule.path) })),
      ]),
    );
    this.sendsSecrets = node.mayReceiveSecrets;
    this.key = this.isEmpty ? '' : JSON.stringify([excluded, fields, this.sendsSecrets]);
  }

  /** True when some resources have another form, or may be left out because of what they hold. */
  get changesResources(): boolean {
    return this.fields.size > 0 || !this.sendsSecrets;
  }

  /** True when the nodes are sent everything. */
  get isEmpty(): boolean {
    return this.excludedKinds.size === 0 && !this.changesResources;
  }

  /**
   * The resource as the nodes are sent it: the same record when it has none of the properties that
   * they are not sent, undefined when it is left out.
   */
  formOf(record: DeliveredRecord): ResourceRecord | undefined {
    const { kind, id, json } = record;
    const secrets = this.sendsSecrets ? [] : (record.secrets ?? []);
    // Most resources have none of the properties; searching their text is cheaper than parsing it.
    const hasPolicies = json.includes('"policies":[{');
    const rules =
      this.fields
        .get(kind)
        ?.filter(
          ({ policy, sign }) => (policy === undefined || hasPolicies) && json.includes(sign),
        ) ?? [];
    if (rules.length === 0 && secrets.length === 0) return record;
    const spec: unknown = JSON.parse(json);
    let isChanged = false;
    for (const rule of rules) {
      const isPresent = removeField(spec, rule.path, rule.policy);
      if (isPresent && rule.isRequired) return undefined;
      isChanged ||= isPresent;
    }
    for (const path of secrets) isChanged = removeField(spec, path) || isChanged;
    return isChanged ? { kind, id, json: canonicalJson(spec) } : record;
  }
}

/**
 * Removes a property wherever the path leads. In `policies`, the path leads only to the attachments
 * of the policy when one is given.
 * @returns whether there was one.
 */
function removeField(holder: unknown, path: readonly string[], policy?: string): boolean {
  const [step = '', ...rest] = path;
  if (typeof holder !== 'object' || holder === null) return false;
  const members = holder as Record<string, unknown>;
  if (step === '*' && rest.length === 0 && Array.isArray(holder))
    return holder.splice(0, holder.length).length > 0;
  let isRemoved = false;
  for (const name of step === '*' ? Object.keys(members) : [step]) {
    if (!Object.hasOwn(members, name)) continue;
    const member = members[name];
    if (rest.length === 0) {
      delete members[name];
      isRemoved = true;
    } else if (step !== '*' || policy === undefined || isAttachmentOf(policy, member))
      isRemoved = removeField(member, rest, step === '*' ? undefined : policy) || isRemoved;
  }
  return isRemoved;
}

function isAttachmentOf(policy: string, attachment: unknown): boolean {
  return (
    typeof attachment === 'object' &&
    attachment !== null &&
    (attachment as Readonly<Record<string, unknown>>)['name'] === policy
  );
}

/** How the last name of a path appears in the JSON of every resource that has the property. */
function lastName(path: readonly string[]): string {
  return `${JSON.stringify(path.findLast((step) => step !== '*') ?? '')}:`;
}
