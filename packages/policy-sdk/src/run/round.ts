import type { Consumer } from '../exchange.ts';
import type { Principal } from '../principal.ts';
import type { Alternative, Finding } from './alternative.ts';
import type { StepExchange } from './steps.ts';

/**
 * What the alternatives of one request have found. Only groups with members that are required or in
 * shadow mode need one.
 */
export class Round {
  /** The caller that a plain policy identified before. */
  readonly consumer: Consumer | undefined;
  /** By policy. Members of a second group that decide on the same request are not asked again. */
  readonly #findings = new Map<string, Finding>();
  /** The caller by all required credentials together. */
  required: Principal | undefined = undefined;
  /** Required alternatives that found no credential. */
  readonly missing: Alternative[] = [];

  constructor(consumer: Consumer | undefined, findings?: Round) {
    this.consumer = consumer;
    if (findings !== undefined) this.#findings = findings.#findings;
  }

  /** Asks the alternative, unless it has been asked for this request. */
  ask(member: Alternative, exchange: StepExchange): Finding | Promise<Finding> {
    const known = this.#findings.get(member.policy);
    if (known !== undefined || this.#findings.has(member.policy)) return known;
    const finding = member.run(exchange);
    if (finding instanceof Promise) return finding.then((late) => this.#keep(member, late));
    return this.#keep(member, finding);
  }

  #keep(member: Alternative, finding: Finding): Finding {
    this.#findings.set(member.policy, finding);
    return finding;
  }
}
