import { randomUUID } from 'node:crypto';
import { errorMessage } from '@sluice/errors';
import { createConfigStreamClient, formatStreamAddress, isConfidential } from '@sluice/wire';
import type { ClientSecurity, StreamAddress } from '@sluice/wire';
import { backoffMs } from './backoff.ts';
import { ConfigApplier } from './config-applier.ts';
import type { CredentialReport } from '../usage/credential-notes.ts';
import type { ConfigState } from './config-state.ts';
import type { LastGood } from './last-good.ts';
import type { ConfigLog, ConfigSource, ConfigTarget } from './source.ts';
import { StreamSession } from './stream-session.ts';
import type { ApplyRecorder, NodeReport, SessionEnd } from './stream-session.ts';

/** A stream that lasted this long resets the count of failures. */
const steadyMs = 2_000;
const closeMs = 1_000;
const defaultSilentSeconds = 10;

export interface StreamSourceOptions {
  /** Control planes, tried in turn. */
  readonly addresses: readonly StreamAddress[];
  /** Called for each connection. Throws when a file that it reads cannot be used. */
  readonly security: () => ClientSecurity;
  readonly token: string;
  readonly nodeId: string;
  readonly gateway: string;
  readonly version: string;
  /** Names of the policies that this node can run. */
  readonly policies: readonly string[];
  /** Names of the kinds of resources that this node understands. */
  readonly kinds: readonly string[];
  /** Level of this node's schemas. */
  readonly schemaLevel: number;
  readonly report: () => NodeReport;
  /** What the control plane is told about credentials; see `CredentialNotes`. */
  readonly takeCredentialReport?: () => CredentialReport | undefined;
  readonly giveBackCredentialReport?: (report: CredentialReport) => void;
  readonly target: ConfigTarget;
  readonly state: ConfigState;
  /** Stores the configuration for the next start; undefined stores none. */
  readonly lastGood: LastGood | undefined;
  readonly log: ConfigLog;
  /**
   * Resolves the host name of a control plane; when absent, gRPC resolves it on the thread pool.
   */
  readonly resolve?: (host: string) => Promise<readonly { readonly address: string }[]>;
  /** Told what became of each delta. Absent when nothing is traced. */
  readonly spans?: ApplyRecorder | undefined;
  /** Seconds without a frame after which the node leaves a control plane. Default 10. */
  readonly silentSeconds?: number;
}

/**
 * Configuration from a control plane, and from disk until one answers. A lost stream never stops
 * the node: without a control plane it continues to serve its configuration.
 */
export class StreamSource implements ConfigSource {
  readonly #options: StreamSourceOptions;
  readonly #applier: ConfigApplier;
  readonly #settled = Promise.withResolvers<void>();
  /** Distinguishes a reconnect of this process from another process with the same node id. */
  readonly #bootId = randomUUID();
  #isStopping = false;
  #attempts = 0;
  /** Ends the current wait. */
  #interrupt: () => void = () => undefined;
  #running: Promise<void> | undefined;
  #session: StreamSession | undefined;
  /** The last logged loss, so that each change of state is logged once. */
  #loggedLoss: string | undefined;

  constructor(options: StreamSourceOptions) {
    const { target, state, log } = options;
    this.#options = options;
    this.#applier = new ConfigApplier({ target, state, log, onApplied: () => this.#keep() });
  }

  /**
   * Starts to connect. Throws when the settings of TLS cannot be used, or an address needs TLS and
   * plaintext to remote hosts is not allowed.
   */
  start(): void {
    const { addresses, security, token } = this.#options;
    if (addresses.length === 0)
      throw new TypeError('no control plane is configured; set SLUICE_CONTROL_PLANE');
    // Creates clients only to report an unusable address now and not with every attempt.
    for (const address of addresses)
      createConfigStreamClient({ address, security: security(), token }).close();
    this.#running ??= this.#run();
  }

  get settled(): Promise<void> {
    return this.#settled.promise;
  }

  /**
   * Sends the current {@link StreamSourceOptions.report} immediately, for example when draining
   * starts.
   */
  announce(): void {
    this.#session?.sendStatus();
  }

  /** Sends a last status, closes the stream, and writes the configuration for the next start. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#session?.sendStatus();
    this.#session?.sendCredentialReport();
    this.#session?.close();
    this.#interrupt();
    await this.#running;
    await this.#options.lastGood?.flush();
  }

  async #run(): Promise<void> {
    await this.#loadLastGood().finally(() => this.#settled.resolve());
    const { addresses } = this.#options;
    // A random first address distributes nodes over the control planes.
    let next = Math.floor(Math.random() * addresses.length);
    let failures = 0;
    while (!this.#isStopping) {
      const address = addresses[next % addresses.length];
      if (address === undefined) return;
      const stoodMs = await this.#connect(address);
      next++;
      failures = stoodMs >= steadyMs ? 0 : failures + 1;
      if (!this.#isStopping) await this.#wait(backoffMs(Math.floor(failures / addresses.length)));
    }
  }

  async #loadLastGood(): Promise<void> {
    const { lastGood, state, log } = this.#options;
    const loaded = await lastGood?.load();
    if (loaded === undefined || this.#isStopping) return;
    const { snapshot, savedAtMs } = loaded;
    const { revision } = snapshot;
    const { applied, faults } = await this.#applier.takeSnapshot(snapshot, 'last-good', savedAtMs);
    if (applied)
      log.info(
        { revision, savedAt: new Date(savedAtMs).toISOString() },
        'serving the last good configuration from disk',
      );
    else
      state.whyNoLastGood = `the last good configuration on disk (revision ${revision}) was refused: ${faults[0]?.reason ?? 'see the log'}`;
  }

  /** Runs one stream. Returns how long it lasted after it was accepted, in milliseconds. */
  async #connect(address: StreamAddress): Promise<number> {
    const { security, token, state, log } = this.#options;
    state.controlPlane = formatStreamAddress(address);
    let acceptedAt: number | undefined;
    let ip: string | undefined;
    let protection: ClientSecurity;
    try {
      protection = security();
      ip = await this.#nextIp(address.host);
    } catch (error) {
      this.#noteLoss({
        reason: errorMessage(error),
        isRefusal: false,
      });
      return 0;
    }
    if (this.#isStopping) return 0;
    const session = new StreamSession(
      createConfigStreamClient({
        address,
        security: protection,
        token,
        ...(ip === undefined ? {} : { ip }),
      }),
      {
        ...this.#options,
        isPrivate: isConfidential(protection.mode, `${ip ?? address.host}:${address.port}`),
        bootId: this.#bootId,
        silentSeconds: this.#options.silentSeconds ?? defaultSilentSeconds,
        applier: this.#applier,
        onAccepted: () => {
          acceptedAt = performance.now();
          state.connected = true;
          state.connects++;
          state.lastError = '';
          state.isRefused = false;
          this.#loggedLoss = undefined;
          log.info({ controlPlane: state.controlPlane }, 'connected to the control plane');
        },
      },
    );
    this.#session = session;
    let end: SessionEnd | undefined;
    const ended = session.run().then((how) => {
      end = how;
      this.#interrupt();
      return how;
    });
    await this.#wait();
    if (end === undefined) {
      // Stopping: the last frames get a limited time to arrive.
      await this.#wait(closeMs);
      session.cut();
    }
    const how = await ended;
    this.#session = undefined;
    state.connected = false;
    this.#noteLoss(protection.mode === 'tls' ? how : withTlsAdvice(how));
    return acceptedAt === undefined ? 0 : performance.now() - acceptedAt;
  }

  /** Rotates through the addresses of a host name, one per attempt. */
  async #nextIp(host: string): Promise<string | undefined> {
    const addresses = await this.#options.resolve?.(host);
    return addresses?.[this.#attempts++ % addresses.length]?.address;
  }

  #noteLoss({ reason, isRefusal }: SessionEnd): void {
    if (this.#isStopping) return;
    const { state, log } = this.#options;
    state.lastError = reason;
    state.isRefused = isRefusal;
    // All network errors count as one state: no control plane answers.
    const kind = isRefusal ? reason : 'away';
    if (kind === this.#loggedLoss) return;
    this.#loggedLoss = kind;
    const serving =
      state.revision === 0
        ? 'there is no configuration yet'
        : `still serving revision ${state.revision}`;
    log.warn(
      { controlPlane: state.controlPlane, reason },
      `${isRefusal ? 'the control plane refuses this node' : 'no control plane'}; ${serving}`,
    );
  }

  #keep(): void {
    const { state, lastGood } = this.#options;
    const { held } = this.#applier;
    if (state.origin === 'stream')
      lastGood?.keep(() => ({
        epoch: held.epoch,
        revision: held.revision,
        records: held.goodRecords(),
      }));
  }

  /** Waits until {@link #interrupt} is called, or for `ms` milliseconds when given. */
  async #wait(ms?: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
    this.#interrupt = resolve;
    await promise;
    clearTimeout(timer);
  }
}

/**
 * Adds what may be wrong when a connection without TLS ends before gRPC has begun, which gRPC reports
 * without a cause.
 */
function withTlsAdvice({ reason, isRefusal }: SessionEnd): SessionEnd {
  if (!reason.includes('Last error: Failed to connect')) return { reason, isRefusal };
  const advice =
    'if the control plane uses TLS on its config stream, set SLUICE_STREAM_FINGERPRINT or SLUICE_STREAM_CA_FILE';
  return { reason: `${reason}; ${advice}`, isRefusal };
}
