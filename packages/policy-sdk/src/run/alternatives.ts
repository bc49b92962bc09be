import { Principal } from '../principal.ts';
import { deny, type HeaderPair, type Reply } from '../reply.ts';
import type { RequestStep, StepExchange, Verdict } from './steps.ts';

/** The result of an alternative: who the caller is, a refusal, or undefined: no credential. */
export type Finding = Principal | Reply | undefined;

/** A policy that authenticates the caller, ready to run. Its hook is wrapped; see `guardHooks`. */
export interface Alternative {
  readonly policy: string;
  readonly run: (exchange: StepExchange) => Finding | Promise<Finding>;
  /** It is asked only when no alternative found a credential. */
  readonly isFallback: boolean;
  /** Its findings are recorded and decide nothing. */
  readonly isShadow: boolean;
  /** Requests without a credential pass. */
  readonly isOptional: boolean;
  readonly challenges: readonly string[];
  readonly hint: string | undefined;
}

/**
 * All alternatives of a pipeline as one step. Every alternative is asked, in order, also after one
 * has recognised the caller: a credential that is presented and not valid is never skipped, and
 * credentials of different callers are refused. The caller is set once, at the end, to what the
 * first alternative that recognised it returned.
 *
 * When no credential was presented, the request passes if an earlier policy has identified the
 * caller, if a fallback recognises it, or if an alternative is optional; otherwise it is refused
 * with the challenges of all alternatives. An alternative that fails open counts as one that found
 * no credential.
 */
export class Alternatives implements RequestStep {
  /** {@inheritDoc RequestStep.policy} */
  readonly policy = undefined;
  /** The policy that refusals of the group as a whole are counted for. */
  readonly #first: string;
  readonly #members: readonly Alternative[];
  readonly #fallbacks: readonly Alternative[];
  readonly #isOptional: boolean;
  /** Every member is in shadow mode: the group refuses nothing. */
  readonly #isShadow: boolean;
  /** The 401 for a request that presents no credential. */
  readonly missing: Reply;
  readonly #conflict: Reply;

  constructor(alternatives: readonly Alternative[]) {
    this.#isShadow = alternatives.every(({ isShadow }) => isShadow);
    // A group that is in shadow mode as a whole decides as if it were enforced; see `run`.
    const all = this.#isShadow
      ? alternatives.map((each) => ({ ...each, isShadow: false }))
      : alternatives;
    this.#members = all.filter(({ isFallback }) => !isFallback);
    this.#fallbacks = all.filter(({ isFallback }) => isFallback);
    const deciding = all.filter(({ isShadow }) => !isShadow);
    this.#first = deciding[0]?.policy ?? '';
    this.#isOptional = deciding.some(({ isOptional }) => isOptional);
    const asked = deciding.filter(({ isFallback }) => !isFallback);
    const challenges = asked.flatMap((each) => each.challenges.map(challengeField));
    const hints = asked.flatMap(({ hint }) => hint ?? []);
    this.missing = deny('unauthorized', hints.join(' ') || undefined, challenges);
    this.#conflict = deny(
      'invalid_credential',
      'The request carries credentials of different callers: send one.',
      challenges,
    );
  }

  /** {@inheritDoc RequestStep.run} Creates no promise unless an alternative returns one. */
  run(exchange: StepExchange): Verdict | Promise<Verdict> {
    const verdict = this.#ask(exchange, this.#members, 0, undefined);
    return this.#isShadow ? this.#record(exchange, verdict) : verdict;
  }

  #record(
    exchange: StepExchange,
    verdict: Verdict | Promise<Verdict>,
  ): undefined | Promise<undefined> {
    if (verdict instanceof Promise)
      return verdict.then((late) => this.#record(exchange.current, late) as undefined);
    if (verdict !== undefined) exchange.noteShadow(exchange.stoppedBy ?? this.#first);
    exchange.stoppedBy = undefined;
    return undefined;
  }

  #ask(
    exchange: StepExchange,
    members: readonly Alternative[],
    from: number,
    found: Principal | undefined,
  ): Verdict | Promise<Verdict> {
    let principal = found;
    for (let index = from; index < members.length; index++) {
      const member = members[index] as Alternative;
      const finding = member.run(exchange);
      if (finding === undefined) continue;
      if (finding instanceof Promise)
        return this.#askLater(finding, exchange, members, index, principal);
      const verdict = this.#weigh(exchange, member, finding, principal);
      if (verdict !== undefined) return verdict;
      if (!member.isShadow) principal ??= finding as Principal;
      // The first fallback that recognises the caller decides.
      if (member.isFallback && !member.isShadow) break;
    }
    return members === this.#members
      ? this.#decide(exchange, principal)
      : this.#decideFallback(exchange, principal);
  }

  async #askLater(
    pending: Promise<Finding>,
    asked: StepExchange,
    members: readonly Alternative[],
    index: number,
    found: Principal | undefined,
  ): Promise<Verdict> {
    const finding = await pending;
    const exchange = asked.current;
    const member = members[index] as Alternative;
    let principal = found;
    if (finding !== undefined) {
      const verdict = this.#weigh(exchange, member, finding, principal);
      if (verdict !== undefined) return verdict;
      if (!member.isShadow) principal ??= finding as Principal;
    }
    const next = principal !== undefined && member.isFallback ? members.length : index + 1;
    return this.#ask(exchange, members, next, principal);
  }

  /** Returns a refusal, or undefined when the finding is a principal that agrees with `found`. */
  #weigh(
    exchange: StepExchange,
    { policy, isShadow }: Alternative,
    finding: Principal | Reply,
    found: Principal | undefined,
  ): Verdict {
    const isPrincipal = finding instanceof Principal;
    if (isShadow) {
      if (!isPrincipal) exchange.noteShadow(policy);
      return undefined;
    }
    if (isPrincipal && (found === undefined || found.agreesWith(finding))) return undefined;
    exchange.stoppedBy = policy;
    return isPrincipal ? this.#conflict : finding;
  }

  /** Decides when every alternative was asked. */
  #decide(exchange: StepExchange, found: Principal | undefined): Verdict | Promise<Verdict> {
    const { consumer } = exchange;
    if (found !== undefined) {
      // A plain policy may have identified the caller before.
      if (consumer !== undefined && consumer.id !== found.consumer?.id)
        return this.#refuse(exchange, this.#conflict);
      this.#accept(exchange, found);
      return undefined;
    }
    if (consumer !== undefined) return undefined;
    return this.#ask(exchange, this.#fallbacks, 0, undefined);
  }

  #decideFallback(exchange: StepExchange, found: Principal | undefined): Verdict {
    if (found === undefined)
      return this.#isOptional ? undefined : this.#refuse(exchange, this.missing);
    this.#accept(exchange, found);
    return undefined;
  }

  #refuse(exchange: StepExchange, refusal: Reply): Reply {
    exchange.stoppedBy = this.#first;
    return refusal;
  }

  #accept(exchange: StepExchange, found: Principal): void {
    if (!this.#isShadow) exchange.accept(found);
  }
}

function challengeField(challenge: string): HeaderPair {
  return ['WWW-Authenticate', challenge];
}
