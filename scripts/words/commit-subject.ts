/** The longest subject that `git log --oneline` shows whole on a usual terminal. */
const longestSubject = 72;

/** Words that end like a past or third person and are imperatives or nouns all the same. */
const imperatives =
  /^(?:address|access|pass|process|compress|discuss|miss|press|express|guess|feed|need|speed|embed|shed|seed|bring|string|bless|focus|bypass|cross|dress|stress|assess|suppress)$/;
const otherForm = /(?:ed|ing|s)$/;

/**
 * Says what is wrong with the subject of a commit; undefined when nothing is. A subject is
 * `area: imperative`: one or more areas separated by commas, a colon, and what the commit does as
 * an order, in lower case and without a full stop.
 */
export function subjectFault(subject: string): string | undefined {
  if (subject.length > longestSubject)
    return `has ${subject.length} characters: at most ${longestSubject}`;
  const match = /^[a-z0-9][a-z0-9., /_-]*: (\S+)/.exec(subject);
  if (match === null)
    return 'has no area: write "area: imperative", such as "router: refuse empty patterns"';
  const [, first = ''] = match;
  if (/^[A-Z][a-z]/.test(first)) return `begins with a capital: write "${first.toLowerCase()}"`;
  if (otherForm.test(first) && !imperatives.test(first))
    return `"${first}" is not an imperative: write what the commit does as an order`;
  return subject.endsWith('.') ? 'ends with a full stop' : undefined;
}
