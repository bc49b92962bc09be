/**
 * The walls: who may import whom (ARCHITECTURE.md). `npm run walls` fails on a violation.
 *
 * Each room of `rooms` names all the rooms it may import; whatever is not named is forbidden. Specs
 * may also import what tests need. Paths are those of the source, because `@sluice/*` resolves
 * through the `sluice-source` condition.
 */
const { readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

/** Entries of packages that have more than one: they are rooms of their own. */
const entries = {
  'passwords/phc': '^packages/passwords/src/phc\\.ts$',
  'policies/schemas': '^packages/policies/src/(schemas\\.ts$|[^/]+/schema\\.ts$)',
  'policies/expressions': '^packages/policies/src/expressions/',
  'policies/runtime': '^packages/policies/src/(?!schemas\\.ts$|[^/]+/schema\\.ts$|expressions/)',
};

/** Room → the rooms it may import. */
const rooms = {
  schema: [],
  errors: [],
  'admin-client': [],
  passwords: [],
  tokens: ['errors'],
  x509: [],
  telemetry: ['errors'],
  wire: ['errors'],
  ratelimit: ['schema', 'errors'],
  http1: ['errors'],
  router: ['schema', 'errors'],
  'policy-sdk': ['schema', 'errors', 'http1', 'ratelimit'],
  'policies/expressions': ['policy-sdk'],
  'policies/schemas': ['policies/expressions', 'policy-sdk', 'schema'],
  'policies/runtime': [
    'policies/schemas',
    'policies/expressions',
    'policy-sdk',
    'ratelimit',
    'errors',
    'schema',
    'passwords',
    'tokens',
  ],
  config: ['schema', 'errors', 'router', 'policies/schemas', 'passwords/phc'],
  testkit: ['config'],
  'control-plane': [
    'config',
    'router',
    'wire',
    'http1',
    'telemetry',
    'errors',
    'schema',
    'passwords',
    'tokens',
    'x509',
    'policies/schemas',
    'policy-sdk',
  ],
  proxy: [
    'config',
    'router',
    'wire',
    'http1',
    'telemetry',
    'errors',
    'schema',
    'policies/schemas',
    'policies/runtime',
    'policy-sdk',
    'ratelimit',
    'tokens',
    'x509',
  ],
  console: ['admin-client'],
  cli: ['admin-client'],
};

const apps = ['control-plane', 'proxy', 'console', 'cli'];
/** What runs in tests only: specs, and the `testing` folders beside them. */
const spec = [
  '\\.spec\\.tsx?$',
  '^packages/[^/]+/testing/',
  '^packages/policies/src/[^/]+/testing/',
  '^apps/.+/testing/',
];
const frameworks = '(^|/)node_modules/(@nestjs/|typeorm/|express/|undici/|react/)';
const servers = '(^|/)node_modules/(@nestjs/|typeorm/|pg/|express/)';

/** Files of a feature that others may use besides its service and its module. */
const doors = [
  // The shared room of all resources: every feature that keeps configuration is built on it.
  '^apps/control-plane/src/features/resources/(?!.*\\.repository\\.ts$)',
  // The port that the Admin API waits at, the nodes that the stream holds, and the feed it drinks
  // from.
  '^apps/control-plane/src/features/nodes/(applied|connected-nodes)\\.ts$',
  '^apps/control-plane/src/features/revisions/revision-feed/revision-feed\\.ts$',
];

/** The source files that the packages declare as their entries, as a pattern. */
function packageEntries() {
  const folder = join(__dirname, 'packages');
  const paths = readdirSync(folder).flatMap((name) => {
    const { exports } = JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8'));
    return Object.values(exports ?? {}).flatMap(({ 'sluice-source': source }) =>
      source === undefined ? [] : [join('packages', name, source)],
    );
  });
  return paths.map((path) => `^${path.replaceAll('.', '\\.')}$`);
}

const pathOf = (room) => entries[room] ?? `^${apps.includes(room) ? 'apps' : 'packages'}/${room}/`;
const anyRoom = '^(packages|apps)/[^/]+/';

/**
 * A wall around one room: inside the repository it may reach only itself and the rooms it names.
 */
const wallAround = ([room, allowed]) => ({
  name: `room-${room.replace('/', '-')}`,
  comment: `${room} may import ${allowed.length === 0 ? 'nothing internal' : `only ${allowed.join(', ')}`}`,
  severity: 'error',
  from: { path: pathOf(room), pathNot: spec },
  to: { path: anyRoom, pathNot: [pathOf(room), ...allowed.map(pathOf)] },
});

const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });
const outsideOf = (...folders) => ({
  path: '^apps/proxy/src/',
  pathNot: [...folders.map((folder) => `^apps/proxy/src/${folder}`), ...spec],
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(rooms).map(wallAround),
    forbid(
      'no-cycles',
      'A cycle, also one of types, has no beginning to read from',
      {},
      { circular: true },
    ),
    forbid(
      'types-of-ratelimit',
      'The contract of a limit store is written once; its runtime stays outside',
      { path: '^packages/policy-sdk/', pathNot: spec },
      {
        path: '^packages/ratelimit/',
        dependencyTypesNot: ['type-only'],
      },
    ),
    forbid('resolvable', 'An import leads to a file', { path: anyRoom }, { couldNotResolve: true }),
    forbid(
      'no-deep-imports',
      'A package is entered through its entry, from outside',
      { path: '^(packages|apps)/([^/]+)/' },
      {
        path: anyRoom,
        pathNot: ['^(packages|apps)/$2/', ...packageEntries(), '^packages/testkit/src/'],
      },
    ),
    forbid(
      'no-tests-in-code',
      'Only specs use the testkit and the test runner',
      { path: '^(packages|apps)/', pathNot: [...spec, '^packages/testkit/'] },
      {
        path: [
          '^packages/testkit/',
          ...spec,
          '(^|/)node_modules/(@jest/|jest|fast-check/)',
          '^(scripts|e2e|bench)/',
        ],
      },
    ),
    forbid(
      'no-apps-in-packages',
      'A package serves any app',
      { path: '^packages/' },
      { path: '^apps/' },
    ),
    forbid(
      'no-frameworks',
      'These rooms know no framework',
      {
        path: '^packages/(schema|errors|passwords|tokens|x509|admin-client|router|policy-sdk|http1|wire|telemetry|ratelimit|config|policies)/',
        pathNot: spec,
      },
      { path: frameworks },
    ),
    forbid(
      'pure-of-node',
      'It also runs in the browser',
      { path: '^packages/(schema|config|router)/', pathNot: spec },
      { dependencyTypes: ['core'] },
    ),
    forbid(
      'no-sockets',
      'It knows bytes or rules, not sockets',
      {
        path: '^packages/(policy-sdk|policies|http1|errors|passwords|tokens|x509)/',
        pathNot: spec,
      },
      {
        path: '^(node:)?(net|tls|http|https|http2|dgram)$',
        dependencyTypes: ['core'],
      },
    ),
    forbid(
      'zod-in-few-rooms',
      'Config is defined once',
      {
        path: '^packages/(errors|passwords|tokens|x509|admin-client|telemetry|wire|ratelimit|http1|router)/',
        pathNot: spec,
      },
      { path: '(^|/)node_modules/zod/' },
    ),
    forbid(
      'no-servers-in-the-proxy',
      'The proxy has no framework and no database',
      { path: '^apps/proxy/' },
      { path: servers },
    ),
    forbid(
      'no-servers-in-the-console',
      'The console and the CLI speak the public Admin API',
      { path: '^apps/(console|cli)/' },
      { path: servers },
    ),
    forbid(
      'http-at-the-edges',
      'The HTTP engine can be replaced without touching a policy',
      outsideOf('listener/', 'upstream/', 'net/', 'names/', 'ops/', 'host/'),
      {
        path: ['^(node:)?(http|https|http2|net|tls)$', '(^|/)node_modules/undici/'],
      },
    ),
    forbid(
      'net-below-all',
      'What listener and upstream share knows no other room of the proxy',
      { path: '^apps/proxy/src/net/', pathNot: spec },
      { path: '^apps/proxy/src/', pathNot: '^apps/proxy/src/net/' },
    ),
    forbid(
      'exchange-below-its-neighbours',
      'The request path declares what it needs of configuration, listener and upstream',
      { path: '^apps/proxy/src/exchange/', pathNot: spec },
      { path: '^apps/proxy/src/', pathNot: '^apps/proxy/src/(exchange|net|overload)/' },
    ),
    forbid(
      'hosts-apart-from-traffic',
      'What policies get from their host knows neither the request path nor the configuration',
      { path: '^apps/proxy/src/host/', pathNot: spec },
      { path: '^apps/proxy/src/', pathNot: '^apps/proxy/src/host/' },
    ),
    forbid(
      'listener-and-upstream-apart',
      'The two sides of an exchange share net/ and the interfaces of exchange/',
      { path: '^apps/proxy/src/(listener|upstream)/', pathNot: spec },
      {
        path: '^apps/proxy/src/(listener|upstream)/',
        pathNot: '^apps/proxy/src/$1/',
      },
    ),
    forbid(
      'stream-in-its-place',
      'gRPC is the business of the stream',
      { path: '^apps/control-plane/src/', pathNot: ['^apps/control-plane/src/stream/', ...spec] },
      {
        path: '(^|/)node_modules/@grpc/',
      },
    ),
    forbid(
      'features-through-services',
      'A feature reaches another only through its service or module',
      { path: '^apps/control-plane/src/features/([^/]+)/', pathNot: spec },
      {
        path: '^apps/control-plane/src/features/[^/]+/',
        pathNot: ['^apps/control-plane/src/features/$1/', '\\.(service|module)\\.ts$', ...doors],
        dependencyTypesNot: ['type-only'],
      },
    ),
    forbid(
      'stream-through-services',
      'The stream calls services',
      { path: '^apps/control-plane/src/stream/', pathNot: spec },
      {
        path: '^apps/control-plane/src/features/',
        pathNot: ['\\.(service|module)\\.ts$', ...doors],
        dependencyTypesNot: ['type-only'],
      },
    ),
    forbid(
      'platform-knows-no-feature',
      'The platform carries the features, not the other way round',
      { path: '^apps/control-plane/src/platform/', pathNot: spec },
      {
        path: '^apps/control-plane/src/features/',
      },
    ),
    forbid(
      'typeorm-in-repositories',
      'Only a repository speaks to the database',
      {
        path: '^apps/control-plane/src/',
        pathNot: [
          '\\.(repository|entity)\\.ts$',
          '^apps/control-plane/src/platform/database/',
          ...spec,
        ],
      },
      { path: '(^|/)node_modules/typeorm/' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.check.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['sluice-source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.cjs', '.json'],
    },
    skipAnalysisNotInRules: true,
  },
};
