import { readFileSync, statSync } from 'node:fs';
import { errorCode, errorMessage } from '@sluice/errors';
import { ConfigFileError, parseConfigFile } from './config-file.ts';
import type { ConfigState } from './config-state.ts';
import { logQuarantine } from './quarantine-log.ts';
import type { ConfigLog, ConfigSource, ConfigTarget } from './source.ts';

const maxFileBytes = 64 * 1024 * 1024;

export interface FileSourceOptions {
  readonly path: string;
  readonly gateway: string;
  readonly target: ConfigTarget;
  readonly state: ConfigState;
  readonly log: ConfigLog;
}

/**
 * Configuration from one JSON file, for a node without a control plane. The file is read at the
 * start, where a fault ends the process, and again on {@link reload} (SIGHUP), where a fault leaves
 * the current configuration in service.
 */
export class FileSource implements ConfigSource {
  readonly #options: FileSourceOptions;
  #revision = 0;
  #applying: Promise<void> = Promise.resolve();

  constructor(options: FileSourceOptions) {
    this.#options = options;
  }

  /** Reads the file. Throws a ConfigFileError with its faults. */
  start(): void {
    const apply = this.#read();
    this.#applying = apply();
  }

  get settled(): Promise<void> {
    return this.#applying;
  }

  async stop(): Promise<void> {
    await this.#applying;
  }

  /**
   * Reads the file again; settles when it is in service. Reports faults to the log and the state.
   */
  async reload(): Promise<void> {
    const { path, state, log } = this.#options;
    try {
      const apply = this.#read();
      this.#applying = this.#applying.catch(() => undefined).then(apply);
      await this.#applying;
    } catch (error) {
      state.lastError = error instanceof ConfigFileError ? error.summary : errorMessage(error);
      log.error(
        { path, reason: errorMessage(error) },
        'the configuration file cannot be used; the current configuration stays in service',
      );
    }
  }

  /** Reads and parses the file; returns a function that applies it. */
  #read(): () => Promise<void> {
    const { path, gateway } = this.#options;
    const resources = parseConfigFile(readText(path), path, gateway);
    return () => this.#apply(resources);
  }

  async #apply(resources: ReturnType<typeof parseConfigFile>): Promise<void> {
    const { path, target, state, log } = this.#options;
    const revision = ++this.#revision;
    const { applied, faults, quarantined } = await target.applySnapshot(revision, resources);
    if (!applied) {
      state.refusedRevision(revision, faults);
      state.lastError = `${path} was refused`;
      log.error({ path, faults: faults.slice(0, 10) }, 'the configuration file was refused');
      return;
    }
    logQuarantine(log, revision, state.quarantined, quarantined);
    state.applied('file', path, revision, quarantined, Date.now());
    state.lastError = '';
    log.info({ path, resources: resources.length }, 'serving the configuration file');
  }
}

function readText(path: string): string {
  try {
    const { size } = statSync(path);
    if (size > maxFileBytes)
      throw new Error(`the file has ${size} bytes; the limit is ${maxFileBytes}`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigFileError(path, [{ pointer: '', detail: readFault(error) }]);
  }
}

function readFault(error: unknown): string {
  const code = errorCode(error);
  if (code === 'ENOENT') return 'it does not exist';
  return code === 'EISDIR' ? 'it is a folder' : errorMessage(error);
}
