/** What npm says when it fails, and what it means for a person who only wanted to start Sluice. The first that fits counts. */
const explanations = [
  [/ENOSPC|no space left/i, 'The disk is full. Sluice needs about 1 GB for its dependencies: make room, then try again.'],
  [/EROFS|EACCES|EPERM|read-only file system|permission denied/i, 'A folder cannot be written. Use a checkout that belongs to you, on a disk that can be written; the npm cache (npm config get cache) must be yours, too.'],
  [/EINTEGRITY/, 'A package arrived damaged or altered. Run "npm cache clean --force", then try again; if it happens again, do not go on.'],
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED|network/i,
    'The package registry cannot be reached. Check the network and, behind a proxy, HTTPS_PROXY; the registry in use is what "npm config get registry" says.',
  ],
  [/EUSAGE|can only install packages when your package\.json and package-lock\.json/i, 'package.json and package-lock.json do not fit each other. Restore both, or run "npm install" if you changed the dependencies.'],
];

/**
 * @param {string} output what `npm ci` printed
 * @returns {string} a message that says what to do, with what npm said first: it begins with the cause and goes on with advice
 */
export function explainNpmFailure(output) {
  const explanation = explanations.find(([pattern]) => pattern.test(output))?.[1] ?? 'npm ci did not succeed.';
  const firstWords = output.trim().split('\n').slice(0, 12).join('\n  ');
  return `The dependencies could not be installed. ${explanation}\nnpm said:\n  ${firstWords}`;
}

/** The errors of npm that come from what an earlier install left behind. */
const leftovers = /\b(?:ENOTEMPTY|EEXIST|ENOENT|ENOTDIR|EISDIR|ELOOP|EBUSY)\b|Cannot read propert|Invalid (?:package|Version)/;

/**
 * Whether a failure may come from a damaged `node_modules`, so that removing it is worth a try: npm names such an error, or
 * one that has no explanation here.
 * @param {string} output what `npm ci` printed
 * @returns {boolean}
 */
export function isFaultOfTree(output) {
  return leftovers.test(output) || !explanations.some(([pattern]) => pattern.test(output));
}
