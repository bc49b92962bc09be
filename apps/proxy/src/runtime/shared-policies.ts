import { isDeepStrictEqual } from 'node:util';
import type { PolicyAttachment } from '@sluice/config';
import { after, errorMessage } from '@sluice/errors';
import type { PolicyHost } from '@sluice/policy-sdk';
import type {
  CompiledPolicy,
  GuardedHooks,
  PolicyChain,
  ProtectedFields,
} from '@sluice/policy-sdk/run';
import type { ExchangeEpochs } from '../exchange/exchange-epochs.ts';
import { DeclaredFields } from './declared-fields.ts';

/** Longest time that `close` of a policy may take before its host is closed anyway. */
const closeTimeoutMs = 10_000;

/** A compiled policy of an attachment. All configurations with the same attachment share it. */
export class SharedPolicy implements CompiledPolicy {
  readonly name: string;
  readonly hooks: GuardedHooks;
  readonly isCustom: boolean;
  readonly answersPreflight: boolean;
  readonly upstreamFields: CompiledPolicy['upstreamFields'];
  readonly readFields: CompiledPolicy['readFields'];
  readonly close: CompiledPolicy['close'];
  readonly host: PolicyHost;
  readonly attachment: PolicyAttachment;
  /** Number of resources in service, or about to be, that have it in their chain. */
  references = 0;
  /** The same for the snapshot that is being applied. */
  nextReferences = 0;

  constructor(compiled: CompiledPolicy, host: PolicyHost, attachment: PolicyAttachment) {
    this.name = compiled.name;
    this.hooks = compiled.hooks;
    this.isCustom = compiled.isCustom;
    this.answersPreflight = compiled.answersPreflight;
    this.upstreamFields = compiled.upstreamFields;
    this.readFields = compiled.readFields;
    this.close = compiled.close;
    this.host = host;
    this.attachment = attachment;
  }
}

/**
 * The compiled policies of a node. An attachment that has not changed is not compiled again. A
 * policy that no configuration uses any more is closed once: after the last exchange that may still
 * use it, or after a bound; see `ExchangeEpochs`.
 */
export class SharedPolicies {
  /** By the id of the attachment; more than one while a configuration replaces another. */
  readonly #byId = new Map<string, SharedPolicy[]>();
  readonly #epochs: ExchangeEpochs;
  readonly #closeHost: (host: PolicyHost) => Promise<void>;
  #unused: SharedPolicy[] = [];
  #isInSnapshot = false;
  readonly #closing = new Set<Promise<void>>();
  readonly #fields = new DeclaredFields();

  constructor(epochs: ExchangeEpochs, closeHost: (host: PolicyHost) => Promise<void>) {
    this.#epochs = epochs;
    this.#closeHost = closeHost;
  }

  /**
   * Returns the compiled policy of an attachment, which `compile` creates when there is none yet.
   * Give it back with {@link release}.
   * @param policyId identity of the attachment: its holder and the name of the policy
   */
  acquire(
    policyId: string,
    attachment: PolicyAttachment,
    compile: () => SharedPolicy,
  ): SharedPolicy {
    const known = this.#byId.get(policyId);
    let policy = known?.find((each) => isDeepStrictEqual(each.attachment, attachment));
    if (policy === undefined) {
      policy = compile();
      if (known === undefined) this.#byId.set(policyId, [policy]);
      else known.push(policy);
      this.#fields.add(policy);
    }
    this.retain([policy]);
    return policy;
  }

  /**
   * The request fields that only the gateway and these policies may set: those of all compiled
   * policies, whatever route they are attached to.
   */
  get protectedFields(): ProtectedFields {
    return this.#fields.protected;
  }

  /** Counts one more resource that has this chain. */
  retain(chain: PolicyChain): void {
    for (const policy of chain) {
      if (!(policy instanceof SharedPolicy)) continue;
      if (this.#isInSnapshot) policy.nextReferences++;
      else policy.references++;
    }
  }

  /** Gives back the policies of a resource that is not used any more. */
  release(chain: PolicyChain): void {
    for (const policy of chain) {
      if (!(policy instanceof SharedPolicy)) continue;
      if (this.#isInSnapshot) policy.nextReferences--;
      else if (--policy.references === 0) this.#retire(policy);
    }
  }

  /**
   * From here to {@link endSnapshot}, references are those of the configuration that is about to
   * replace the present one as a whole.
   */
  beginSnapshot(): void {
    this.#isInSnapshot = true;
  }

  /** @param isApplied false when the present configuration stays in service */
  endSnapshot(isApplied: boolean): void {
    this.#isInSnapshot = false;
    for (const policies of [...this.#byId.values()]) {
      for (const policy of [...policies]) {
        if (isApplied) policy.references = policy.nextReferences;
        policy.nextReferences = 0;
        if (policy.references === 0) this.#retire(policy);
      }
    }
  }

  /** Closes all policies, when the process ends. No exchange may be open. */
  async closeAll(): Promise<void> {
    this.endSnapshot(false);
    for (const policies of this.#byId.values()) for (const each of policies) this.#close(each);
    this.#byId.clear();
    const unused = this.#unused;
    this.#unused = [];
    for (const policy of unused) this.#close(policy);
    await Promise.all(this.#closing);
  }

  #retire(policy: SharedPolicy): void {
    const { policyId } = policy.host;
    const others = (this.#byId.get(policyId) ?? []).filter((each) => each !== policy);
    if (others.length === 0) this.#byId.delete(policyId);
    else this.#byId.set(policyId, others);
    this.#fields.remove(policy);
    this.#unused.push(policy);
    // One wait for all policies of this revision.
    if (this.#unused.length === 1) queueMicrotask(() => this.#awaitExchanges());
  }

  #awaitExchanges(): void {
    const waiting = this.#unused;
    this.#unused = [];
    this.#epochs.whenOver(() => {
      for (const policy of waiting) this.#close(policy);
    });
  }

  #close(policy: SharedPolicy): void {
    const closing = this.#closeOne(policy).finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  async #closeOne({ close, host }: SharedPolicy): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    try {
      const tooLong = new Promise<never>((_resolve, reject) => {
        timer = after('lifecycle', closeTimeoutMs, () =>
          reject(new Error(`close did not end within ${closeTimeoutMs} ms`)),
        ).unref();
      });
      await Promise.race([close?.(), tooLong]);
    } catch (fault) {
      host.logger.warn('a policy could not be closed', { reason: errorMessage(fault) });
    } finally {
      clearTimeout(timer);
      await this.#closeHost(host);
    }
  }
}
