import type { ResponseHead } from '../exchange.ts';
import type { Phase, RequestPhase } from '../phases.ts';
import { deny, type Reply } from '../reply.ts';
import { verdictOf, type CompiledPolicy } from './compile-policy.ts';
import type { TestExchange } from './test-exchange.ts';

/** An exception of a hook, with the policy and the phase. */
export interface TestFault {
  readonly policy: string;
  readonly error: unknown;
}

/** The state of one request as it runs through the policies. */
export class TestRun {
  reply: Reply | undefined;
  repliedBy: string | undefined;
  readonly phasesRun: Phase[] = [];
  readonly faults: TestFault[] = [];
  private readonly policies: readonly CompiledPolicy[];
  private readonly exchange: TestExchange;

  constructor(policies: readonly CompiledPolicy[], exchange: TestExchange) {
    this.policies = policies;
    this.exchange = exchange;
  }

  async request(phase: RequestPhase): Promise<void> {
    for (const policy of this.policies) {
      if (this.reply !== undefined || policy.hooks[phase] === undefined) continue;
      this.note(phase);
      this.reply = await this.verdict(policy, phase);
      if (this.reply !== undefined) this.repliedBy = policy.name;
    }
  }

  respond(response: ResponseHead): void {
    for (const { hooks } of this.policies) {
      if (hooks.respond === undefined) continue;
      this.note('respond');
      hooks.respond(this.exchange, response);
    }
  }

  settle(): void {
    for (const { hooks } of this.policies) {
      if (hooks.settle === undefined) continue;
      this.note('settle');
      hooks.settle(this.exchange);
    }
  }

  private async verdict(
    { name, hooks, onError }: CompiledPolicy,
    phase: RequestPhase,
  ): Promise<Reply | undefined> {
    let answer: unknown;
    try {
      answer = await hooks[phase]?.(this.exchange);
    } catch (error) {
      if (onError === undefined) throw error;
      this.faults.push({ policy: name, error });
      return onError === 'open' ? undefined : deny('policy_failed');
    }
    return verdictOf(name, phase, answer);
  }

  private note(phase: Phase): void {
    if (!this.phasesRun.includes(phase)) this.phasesRun.push(phase);
  }
}
