import {
  definePolicy,
  definePolicySchema,
  phases,
  type Exchange,
  type Phase,
  type Policy,
  type PolicyHooks,
  type Reply,
  type RequestPhase,
} from '@sluice/policy-sdk';
import { z } from 'zod';

/** The action of a policy in a phase. */
export type Act = (exchange: Exchange) => Reply | undefined | Promise<Reply | undefined>;

export interface RecordingOptions {
  readonly name?: string;
  /** Called in the request phase of that name; the phase is recorded first. */
  readonly acts?: Partial<Record<RequestPhase, Act>>;
  readonly received?: NonNullable<PolicyHooks['received']>;
  readonly respond?: NonNullable<PolicyHooks['respond']>;
  readonly settle?: NonNullable<PolicyHooks['settle']>;
  readonly onError?: 'open' | 'closed';
}

/**
 * A policy that runs in every phase, records each phase, and runs the action of the spec. Its
 * configuration `as` identifies the attachment in the record. Tests only.
 */
export function recordingPolicy(
  record: (entry: string, exchange: Exchange) => void,
  options: RecordingOptions = {},
): Policy {
  const { name = 'recording', acts = {}, onError } = options;
  const schema = definePolicySchema({
    name,
    summary: 'Writes down when it ran.',
    phases,
    ...(onError === undefined ? {} : { onError }),
    config: z.strictObject({ as: z.string().default('') }),
  });
  // A policy of all phases could not be attached to consumers; the late half of this one can.
  return definePolicy({
    schema: { ...schema, attach: ['gateway', 'service', 'route', 'group', 'consumer'] },
    compile: ({ as }, { policyId }) => {
      const hooks = hooksOf(as === '' ? '' : `${as}:`, record, acts, options);
      const { receive: _receive, authenticate: _authenticate, ...late } = hooks;
      return /^(?:consumer|group):/.test(policyId) ? late : hooks;
    },
  });
}

function hooksOf(
  prefix: string,
  record: (entry: string, exchange: Exchange) => void,
  acts: Partial<Record<RequestPhase, Act>>,
  options: RecordingOptions,
): PolicyHooks {
  const noted = (phase: Phase) => (exchange: Exchange) => {
    record(prefix + phase, exchange);
    return acts[phase as RequestPhase]?.(exchange);
  };
  return {
    ...Object.fromEntries(phases.map((phase) => [phase, noted(phase)])),
    received: (exchange, response) => {
      record(`${prefix}received`, exchange);
      return options.received?.(exchange, response);
    },
    respond: (exchange, response) => {
      record(`${prefix}respond`, exchange);
      return options.respond?.(exchange, response);
    },
    settle: (exchange, outcome) => {
      record(`${prefix}settle`, exchange);
      return options.settle?.(exchange, outcome);
    },
  };
}
