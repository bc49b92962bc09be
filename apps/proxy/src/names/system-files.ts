import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';

/** What /etc/resolv.conf says about how names are completed, see resolv.conf(5). */
export interface SearchRules {
  readonly domains: readonly string[];
  /** A name with fewer dots is tried with the domains first. */
  readonly ndots: number;
}

const MAX_SEARCH_DOMAINS = 16;
const MAX_NDOTS = 15;

/** Reads /etc/hosts: addresses by lower-case name, in the order of the file. */
export function parseHosts(text: string): ReadonlyMap<string, readonly string[]> {
  const byName = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (isIP(address) === 0) continue;
    for (const name of names) {
      const addresses = byName.get(name.toLowerCase()) ?? [];
      if (!addresses.includes(address)) addresses.push(address);
      byName.set(name.toLowerCase(), addresses);
    }
  }
  return byName;
}

/** Reads the lines `search`, `domain` and `options ndots` of /etc/resolv.conf; the last of its kind counts. */
export function parseSearchRules(text: string): SearchRules {
  let domains: readonly string[] = [];
  let ndots = 1;
  for (const line of text.split('\n')) {
    const [word = '', ...values] = line.replace(/[#;].*/, '').trim().split(/\s+/);
    if (word === 'search') domains = values;
    else if (word === 'domain') domains = values.slice(0, 1);
    else if (word === 'options') {
      const given = /(?:^|\s)ndots:(\d{1,3})(?:\s|$)/.exec(values.join(' '))?.[1];
      if (given !== undefined) ndots = Math.min(Number(given), MAX_NDOTS);
    }
  }
  return { domains: domains.map((domain) => domain.replace(/\.$/, '')).filter((domain) => domain !== '').slice(0, MAX_SEARCH_DOMAINS), ndots };
}

/** The absolute names that a name may stand for, in the order in which they are tried. */
export function candidates(name: string, { domains, ndots }: SearchRules): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const completed = domains.map((domain) => `${name}.${domain}`);
  const dots = name.split('.').length - 1;
  return dots >= ndots ? [name, ...completed] : [...completed, name];
}

/**
 * A small file of the system that is parsed again when it has changed. It is read at once and not by the thread pool, which a
 * slow disk could hold up. A file that cannot be read counts as empty.
 */
export class WatchedFile<Content> {
  readonly #path: string;
  readonly #parse: (text: string) => Content;
  #content: Content;
  #version = '';
  /** How often the content was replaced. */
  changes = 0;

  constructor(path: string, parse: (text: string) => Content) {
    this.#path = path;
    this.#parse = parse;
    this.#content = parse('');
  }

  get content(): Content {
    const version = this.#currentVersion();
    if (version !== this.#version) {
      try {
        this.#content = this.#parse(version === '' ? '' : readFileSync(this.#path, 'utf8'));
        this.#version = version;
        this.changes++;
      } catch {
        // Unreadable for now, for want of a descriptor for instance: what was read before stays.
      }
    }
    return this.#content;
  }

  #currentVersion(): string {
    try {
      const { mtimeMs, size, ino } = statSync(this.#path);
      return `${mtimeMs} ${size} ${ino}`;
    } catch {
      return '';
    }
  }
}
