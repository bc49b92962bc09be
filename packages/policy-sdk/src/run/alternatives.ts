import type { Consumer } from '../exchange.ts';
import { isPreflight } from '../preflight.ts';
import { Principal } from '../principal.ts';
import { Unrecognised, type Reply } from '../reply.ts';
import type { Alternative, Finding } from './alternative.ts';
import { conflictReply, Doubt, missingReply } from './alternative-replies.ts';
import { noAuthCounts, noteRefusal } from './auth-counts.ts';
import { Round } from './round.ts';
import { assumedCaller, shadowOf } from './shadow.ts';
import type { RequestStep, StepExchange, Verdict } from './steps.ts';

/** What the alternatives asked so far have found, unless one has refused the request. */
type Found = Principal | Doubt | undefined;

/**
 * All alternatives of a pipeline as one step. Every alternative is asked, in order, also after one
 * has recognised the caller: a credential that is presented and not valid is never skipped, and
 * credentials of different callers are refused. The caller is set once, at the end, to what the
 * first alternative that recognised it returned.
 *
 * When no credential was presented, the request passes if an earlier policy has identified the
 * caller, if a fallback recognises it, if an alternative is optional, or if it is a CORS preflight;
 * otherwise it is refused with the challenges of all alternatives. Alternatives that are required
 * are asked first: each must recognise the caller, in addition to one of the others, and fallbacks
 * are not asked.
 *
 * Members in shadow mode identify no caller. A request that passes is decided again as if they were
 * enforced, by the same findings: a refusal is recorded, and the caller is the one that later hooks
 * in shadow mode see, so that together they report what they would refuse together.
 */
export class Alternatives implements RequestStep {
  /** {@inheritDoc RequestStep.policy} */
  readonly policy = undefined;
  /** The alternative that refusals of the group as a whole are counted for. */
  readonly #first: Alternative;
  /** Empty when none is required. */
  readonly #required: readonly Alternative[];
  readonly #members: readonly Alternative[];
  readonly #fallbacks: readonly Alternative[];
  readonly #logins: readonly Alternative[];
  readonly #isOptional: boolean;
  /** The group as if every member were enforced; undefined when every member is. */
  readonly #assumed: Alternatives | undefined;
  /** Names of the policies in shadow mode. */
  readonly #shadow: readonly string[];
  readonly #hasEnforced: boolean;
  /** No member is required or in shadow mode, so that a request needs no `Round`. */
  readonly #isPlain: boolean;
  /** The 401 for a request that presents no credential. */
  readonly missing: Reply;
  /** For a request with every required credential and none of the others. */
  readonly #missingOther: Reply;
  readonly #conflict: Reply;

  constructor(alternatives: readonly Alternative[]) {
    const enforced = alternatives.filter(({ isShadow }) => !isShadow);
    const shadow = alternatives.filter(({ isShadow }) => isShadow);
    this.#shadow = shadow.map(({ policy }) => policy);
    this.#assumed =
      shadow.length === 0 ? undefined : new Alternatives(alternatives.map(asIfEnforced));
    const asked = enforced.filter(({ isFallback }) => !isFallback);
    this.#first = (asked[0] ?? enforced[0] ?? alternatives[0]) as Alternative;
    this.#hasEnforced = enforced.length > 0;
    this.#required = asked.filter(({ isRequired }) => isRequired);
    this.#members = asked.filter(({ isRequired }) => !isRequired);
    const isNeeded = this.#required.length > 0;
    this.#fallbacks = isNeeded ? [] : enforced.filter(({ isFallback }) => isFallback);
    this.#logins = asked.filter(({ login }) => login !== undefined);
    this.#isOptional = this.#members.some(({ isOptional }) => isOptional);
    this.#isPlain = !isNeeded && shadow.length === 0;
    this.missing = this.#hasEnforced ? missingReply(asked) : missingReply(alternatives);
    this.#missingOther = missingReply(this.#members);
    this.#conflict = conflictReply(asked);
  }

  /** {@inheritDoc RequestStep.run} Creates no promise unless an alternative returns one. */
  run(exchange: StepExchange): Verdict | Promise<Verdict> {
    return this.#isPlain
      ? this.#ask(exchange, this.#members, 0, undefined, undefined)
      : this.#runRound(exchange);
  }

  async #runRound(asked: StepExchange): Promise<Verdict> {
    const round = new Round(asked.consumer);
    const verdict = this.#hasEnforced ? await this.#decideIn(round, asked) : undefined;
    if (verdict === undefined && this.#assumed !== undefined)
      await this.#recordAssumed(asked.current, this.#assumed, round);
    return verdict;
  }

  /** Records a request that would have been refused if every member were enforced. */
  async #recordAssumed(asked: StepExchange, assumed: Alternatives, round: Round): Promise<void> {
    const copy = shadowOf(asked);
    const verdict = await assumed.#decideIn(new Round(round.consumer, round), copy);
    if (verdict === undefined) {
      const caller = copy.data.get(assumedCaller);
      if (caller !== undefined) asked.current.data.set(assumedCaller, caller);
      return;
    }
    const { stoppedBy } = copy;
    const isInShadow = stoppedBy !== undefined && this.#shadow.includes(stoppedBy);
    asked.current.noteShadow(isInShadow ? stoppedBy : (this.#shadow[0] as string));
  }

  /** Asks the required alternatives, then the others, and decides. */
  async #decideIn(round: Round, asked: StepExchange): Promise<Verdict> {
    let exchange = asked;
    for (const member of this.#required) {
      const finding = await round.ask(member, exchange);
      exchange = exchange.current;
      if (finding === undefined) {
        member.counts.absent.add(1);
        round.missing.push(member);
        continue;
      }
      if (!(finding instanceof Principal))
        return this.#refuse(exchange, member, refusalIn(finding));
      const joined = round.required === undefined ? finding : round.required.joinedWith(finding);
      if (joined === undefined) return this.#refuse(exchange, member, this.#conflict);
      member.counts.allowed.add(1);
      exchange.authPolicy ??= member.policy;
      round.required = joined;
    }
    return this.#ask(exchange, this.#members, 0, undefined, round);
  }

  #ask(
    exchange: StepExchange,
    members: readonly Alternative[],
    from: number,
    before: Found,
    round: Round | undefined,
  ): Verdict | Promise<Verdict> {
    let found = before;
    for (let index = from; index < members.length; index++) {
      const member = members[index] as Alternative;
      const finding = round === undefined ? member.run(exchange) : round.ask(member, exchange);
      if (finding === undefined) {
        member.counts.absent.add(1);
        continue;
      }
      if (finding instanceof Promise)
        return this.#askLater(finding, exchange, members, index, found, round);
      const next = this.#weigh(exchange, member, finding, found);
      if (isReply(next)) return next;
      found = next;
      // The first fallback that recognises the caller decides.
      if (member.isFallback && found !== undefined) break;
    }
    return members === this.#members
      ? this.#decide(exchange, found, round)
      : this.#decideFallback(exchange, found);
  }

  async #askLater(
    pending: Promise<Finding>,
    asked: StepExchange,
    members: readonly Alternative[],
    index: number,
    before: Found,
    round: Round | undefined,
  ): Promise<Verdict> {
    const finding = await pending;
    const exchange = asked.current;
    const member = members[index] as Alternative;
    let found = before;
    if (finding === undefined) {
      member.counts.absent.add(1);
    } else {
      const next = this.#weigh(exchange, member, finding, found);
      if (isReply(next)) return next;
      found = next;
    }
    const isOver = found !== undefined && member.isFallback;
    return this.#ask(exchange, members, isOver ? members.length : index + 1, found, round);
  }

  /** Returns what is found with this finding, or a refusal. */
  #weigh(
    exchange: StepExchange,
    member: Alternative,
    finding: Principal | Reply | Unrecognised,
    found: Found,
  ): Found | Reply {
    if (finding instanceof Principal) {
      if (!(found instanceof Principal)) {
        member.counts.allowed.add(1);
        exchange.authPolicy = member.policy;
        return finding;
      }
      if (!found.agreesWith(finding)) return this.#refuse(exchange, member, this.#conflict);
      member.counts.allowed.add(1);
      return found;
    }
    if (!(finding instanceof Unrecognised)) return this.#refuse(exchange, member, finding);
    // It may be the credential of another alternative.
    member.counts.absent.add(1);
    return found instanceof Principal
      ? found
      : Doubt.moreSpecific(found, new Doubt(member, finding.reply));
  }

  /** Decides when every alternative was asked. */
  #decide(
    exchange: StepExchange,
    found: Found,
    round: Round | undefined,
  ): Verdict | Promise<Verdict> {
    if (found instanceof Doubt) return this.#refuse(exchange, found.member, found.reply);
    if (round !== undefined && this.#required.length > 0)
      return this.#decideRequired(exchange, found, round);
    // A plain policy may have identified the caller before.
    const consumer = round === undefined ? exchange.consumer : round.consumer;
    if (found !== undefined) return this.#accept(exchange, found, consumer);
    if (consumer !== undefined) return undefined;
    return this.#ask(exchange, this.#fallbacks, 0, undefined, round);
  }

  #decideRequired(
    exchange: StepExchange,
    found: Principal | undefined,
    { required, missing, consumer }: Round,
  ): Verdict | Promise<Verdict> {
    const isNothing = found === undefined && required === undefined;
    if (required === undefined || missing.length > 0) {
      if (isPreflight(exchange)) return undefined;
      return isNothing
        ? this.#refuseMissing(exchange)
        : this.#refuse(exchange, missing[0] as Alternative, missingReply(missing));
    }
    if (found === undefined) {
      const isEnough = this.#members.length === 0 || this.#isOptional || isPreflight(exchange);
      return isEnough
        ? this.#accept(exchange, required, consumer)
        : this.#refuse(exchange, this.#members[0] as Alternative, this.#missingOther);
    }
    const joined = required.joinedWith(found);
    return joined === undefined
      ? this.#refuse(exchange, this.#first, this.#conflict)
      : this.#accept(exchange, joined, consumer);
  }

  #decideFallback(exchange: StepExchange, found: Found): Verdict | Promise<Verdict> {
    if (found instanceof Principal) return this.#accept(exchange, found, undefined);
    if (found !== undefined) return this.#refuse(exchange, found.member, found.reply);
    return this.#isOptional || isPreflight(exchange) ? undefined : this.#refuseMissing(exchange);
  }

  #refuseMissing(exchange: StepExchange): Verdict | Promise<Verdict> {
    return this.#logins.length === 0 || exchange.headers.has('authorization')
      ? this.#refuse(exchange, this.#first, this.missing)
      : this.#login(exchange);
  }

  async #login(asked: StepExchange): Promise<Verdict> {
    let exchange = asked;
    for (const member of this.#logins) {
      const reply = await member.login?.(exchange);
      exchange = exchange.current;
      if (reply === undefined) continue;
      const reason = reply.status < 500 ? 'missing' : undefined;
      return this.#refuse(exchange, member, { ...reply, reason: reply.reason ?? reason });
    }
    return this.#refuse(exchange, this.#first, this.missing);
  }

  #refuse(exchange: StepExchange, member: Alternative, refusal: Reply): Reply {
    // A client that authenticates by itself cannot follow the redirect of a login.
    const isRedirect = refusal.status >= 300 && refusal.status < 400;
    const reply = isRedirect && exchange.headers.has('authorization') ? this.missing : refusal;
    exchange.stoppedBy = member.policy;
    noteRefusal(exchange, member.policy, reply, member.counts);
    return reply;
  }

  #accept(exchange: StepExchange, found: Principal, consumer: Consumer | undefined): Verdict {
    if (consumer !== undefined && consumer.id !== found.consumer?.id)
      return this.#refuse(exchange, this.#first, this.#conflict);
    exchange.accept(found);
    return undefined;
  }
}

/** The member in a group that only records: it is asked on a copy, and nothing is counted. */
function asIfEnforced(member: Alternative): Alternative {
  return { ...member, isShadow: false, login: undefined, counts: noAuthCounts };
}

function refusalIn(finding: Reply | Unrecognised): Reply {
  return finding instanceof Unrecognised ? finding.reply : finding;
}

function isReply(found: Found | Reply): found is Reply {
  return found !== undefined && !(found instanceof Principal) && !(found instanceof Doubt);
}
