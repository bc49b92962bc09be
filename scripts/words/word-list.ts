/**
 * Words that readers stumble over, with what to write instead. A pattern is compared without regard
 * to case and as whole words. The list grows when a reader stumbles; an entry leaves it when the
 * word turns out to be the term of the field.
 */
export const wordList: readonly WordRule[] = [
  // Pronouns that hide the subject of a sentence.
  {
    words: 'whoever',
    instead: 'name the subject: the client, the caller, the operator, the code that …',
  },
  { words: 'nobody', instead: 'name the subject: "no client", "no caller", "no node"' },
  { words: 'somebody', instead: 'name the subject: "a client", "another process"' },
  { words: 'anybody|anyone|everybody', instead: 'name the subject: "any client", "every caller"' },
  {
    words: 'who wants to|those who|he who',
    instead: 'name the subject: "operators that …", "clients that …"',
  },
  // Phrases that are read twice.
  { words: 'anew', instead: 'again' },
  {
    words: '(?:to|can|cannot|could|may) be had',
    instead: '"is available", "can be opened", "can be reached"',
  },
  { words: 'lets? go of', instead: 'releases, closes' },
  { words: 'lets go', instead: 'releases' },
  { words: 'one more time', instead: 'again' },
  { words: 'comes? to naught|comes? to nothing', instead: 'fails, has no effect' },
  { words: 'takes? away', instead: 'removes' },
  { words: 'at hand', instead: 'available' },
  { words: 'for ever', instead: 'without end, until …' },
  { words: 'in earnest', instead: 'in production' },
  { words: 'the matter', instead: 'name it: the request, the fault' },
  {
    words: 'so many requests|so much time|so many bytes',
    instead: 'a number of requests, a period',
  },
  {
    words: 'what it is worth|what becomes of|what came of|what comes of',
    instead: '"the result of", "the outcome of"',
  },
  { words: 'is no more|are no more|is not any more', instead: 'no longer' },
  { words: 'counted apart', instead: 'counted separately' },
  { words: 'must not be kept waiting', instead: 'must not wait' },
  // Nouns of our own where the field has a word.
  { words: 'newcomers? connection|the newcomer|a newcomer that', instead: 'pending connection' },
  { words: 'workshop', instead: 'compile context' },
  { words: 'policy ?rack|the rack', instead: 'policy registry' },
  { words: 'surroundings', instead: 'services, environment, or the thing that is meant' },
  { words: 'shelf', instead: 'cache' },
  { words: 'delivery ?line', instead: 'config sender' },
  { words: 'work ?line', instead: 'serial queue' },
  { words: 'lender|loans?', instead: 'lease grantor, lease' },
  { words: 'revival', instead: 'restart policy' },
];

/** A pattern of words (alternatives joined by `|`), and what to write instead. */
export interface WordRule {
  readonly words: string;
  readonly instead: string;
}

/** One place where a word of the list stands. */
export interface WordFinding {
  /** From 1. */
  readonly line: number;
  readonly word: string;
  readonly instead: string;
}

const compiled = wordList.map(({ words, instead }) => ({
  pattern: new RegExp(`(?<![\\w-])(?:${words})(?![\\w-])`, 'gi'),
  instead,
}));

/** Finds the words of the list in a text, line by line. */
export function findWords(text: string): WordFinding[] {
  const findings: WordFinding[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    for (const { pattern, instead } of compiled) {
      for (const [word] of line.matchAll(pattern))
        findings.push({ line: index + 1, word, instead });
    }
  }
  return findings;
}
