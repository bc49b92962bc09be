/** Output of npm failures, and what a user can do about them. The first match counts. */
const explanations = [
  [
    /ENOSPC|no space left/i,
    'The disk is full. Sluice needs about 1 GB for its dependencies: make room, then try again.',
  ],
  [
    /EROFS|EACCES|EPERM|read-only file system|permission denied/i,
    'A folder cannot be written. Use a checkout that belongs to you, on a disk that can be written; the npm cache (npm config get cache) must be yours, too.',
  ],
  [
    /EINTEGRITY/,
    'A package arrived damaged or altered. Run "npm cache clean --force", then try again; if it happens again, do not continue.',
  ],
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|ENOTCACHED|network/i,
    'The package registry cannot be reached. Check the network and, behind a proxy, HTTPS_PROXY; "npm config get registry" shows the registry in use.',
  ],
  [
    /EUSAGE|can only install packages when your package\.json and package-lock\.json/i,
    'package.json and package-lock.json do not match. Restore both, or run "npm install" if you changed the dependencies.',
  ],
];

/**
 * @param {string} output what `npm ci` printed
 * @returns {string} a message with the cause, advice, and the first errors of npm
 */
export function explainNpmFailure(output) {
  const explanation =
    explanations.find(([pattern]) => pattern.test(output))?.[1] ?? 'npm ci did not succeed.';
  const firstWords = output.trim().split('\n').slice(0, 12).join('\n  ');
  return `The dependencies could not be installed. ${explanation}\nnpm said:\n  ${firstWords}`;
}

/** The npm errors that the remains of an earlier install cause. */
const leftovers =
  /\b(?:ENOTEMPTY|EEXIST|ENOENT|ENOTDIR|EISDIR|ELOOP|EBUSY)\b|Cannot read propert|Invalid (?:package|Version)/;

/**
 * Whether a failure may come from a damaged `node_modules`, so that removing it is worth a try: npm
 * names such an error, or one that has no explanation here.
 * @param {string} output what `npm ci` printed
 * @returns {boolean}
 */
export function isFaultOfTree(output) {
  return leftovers.test(output) || !explanations.some(([pattern]) => pattern.test(output));
}
