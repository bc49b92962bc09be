import tseslint from 'typescript-eslint';
import { filePathRule } from './scripts/lint/file-path-rule.mjs';

const test = /^(it|test|describe)$/;

/** What the conventions forbid everywhere, as syntax. */
const forbiddenSyntax = [
  {
    selector: 'ExportDefaultDeclaration',
    message: 'Export it by name: a default export has as many names as importers.',
  },
  {
    selector: 'ExportAllDeclaration',
    message: 'List the exports: an entry says what a package offers.',
  },
  {
    selector: ':matches(TSInterfaceDeclaration, TSTypeAliasDeclaration)[id.name=/^I[A-Z][a-z]/]',
    message: 'No I-prefix: name what it is.',
  },
  {
    selector:
      ':matches(ClassDeclaration, TSInterfaceDeclaration, TSTypeAliasDeclaration)[id.name=/(Manager|Helper|Helpers|Util|Utils|Common)$|^(Base|Abstract)[A-Z]/]',
    message: 'Name what it does, not that it helps.',
  },
  {
    selector: `MemberExpression[object.name=${test}][property.name=/^(skip|only|todo|failing)$/]`,
    message: 'A test runs, or it is removed.',
  },
  {
    selector: 'CallExpression[callee.name=/^(xit|xtest|xdescribe|fit|fdescribe)$/]',
    message: 'A test runs, or it is removed.',
  },
];

/**
 * Outside the control plane, whose framework needs decorators, TypeScript is only what Node can
 * strip.
 */
const unerasableSyntax = [
  {
    selector: 'TSEnumDeclaration',
    message: 'Use a union of literals: an enum cannot be stripped, and scripts run unbuilt.',
  },
  {
    selector: 'TSModuleDeclaration[kind="namespace"]',
    message: 'Use a module: a namespace cannot be stripped, and scripts run unbuilt.',
  },
  {
    selector: 'TSParameterProperty',
    message:
      'Write the field out: a parameter property cannot be stripped, and scripts run unbuilt.',
  },
  { selector: 'Decorator', message: 'Decorators belong to the control plane.' },
];

const environment = [
  {
    selector: 'MemberExpression[object.name="process"][property.name="env"]',
    message: 'Only env.ts reads the environment: take a value as a parameter.',
  },
  {
    selector: 'ImportSpecifier[imported.name="env"][parent.source.value=/^(node:)?process$/]',
    message: 'Only env.ts reads the environment: take a value as a parameter.',
  },
];

/** What a timer calls has no caller that would catch what it throws. */
const bareTimers = [
  {
    selector:
      'CallExpression[callee.name=/^set(Interval|Timeout|Immediate)$/][arguments.0.type=/FunctionExpression$/]',
    message:
      'Use every, after or soon of @sluice/errors: what a bare timer calls can end the process.',
  },
];

const restrict = (...groups) => ({ 'no-restricted-syntax': ['error', ...groups.flat()] });

/** @type {import('eslint').Linter.Config[]} */
export default [
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      '**/.cache/**',
      '**/.sluice/**',
      '**/.turbo/**',
      '**/coverage/**',
      '**/generated/**',
    ],
  },
  {
    files: ['**/*.{ts,mts,mjs,cjs,js}'],
    plugins: { sluice: { rules: { 'file-path': filePathRule } } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'sluice/file-path': 'error',
      'max-lines': ['error', 400],
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'], location: 'start' }],
      'no-var': 'error',
      'prefer-const': 'error',
      'no-debugger': 'error',
      'no-constant-condition': ['error', { checkLoops: false }],
      eqeqeq: ['error', 'always'],
    },
  },
  {
    files: ['**/*.{ts,mts}'],
    plugins: { '@typescript-eslint': tseslint.plugin },
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { project: './tsconfig.check.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/ban-ts-comment': 'error',
      '@typescript-eslint/no-unsafe-function-type': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': [
        'error',
        { checksVoidReturn: { arguments: false, attributes: false } },
      ],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/only-throw-error': 'error',
      ...restrict(forbiddenSyntax, unerasableSyntax),
    },
  },
  {
    files: ['scripts/**/*.{ts,mjs}', 'apps/*/src/**/*.ts', 'packages/*/src/**/*.ts'],
    // The Admin API's client also runs in browsers.
    ignores: ['**/*.spec.ts', '**/testing/**', 'packages/{admin-client,testkit}/**'],
    rules: {
      'no-restricted-globals': [
        'error',
        {
          name: 'fetch',
          message:
            'Use undici with timeouts, a size limit and no redirects, as scripts/process/http-call.ts does.',
        },
      ],
    },
  },
  {
    // Outside the project that is type checked: programs for comparing by hand, and the checks of
    // the packaging.
    files: ['packages/*/testing/**/*.ts', 'infra/**/*.ts'],
    ...tseslint.configs.disableTypeChecked,
  },
  {
    files: ['packages/*/src/**/*.ts'],
    ignores: [
      '**/*.spec.ts',
      '**/testing/**',
      'packages/testkit/**',
      'packages/errors/src/background-faults.ts',
    ],
    rules: restrict(forbiddenSyntax, unerasableSyntax, bareTimers),
  },
  {
    files: ['apps/*/src/**/*.ts'],
    ignores: ['apps/control-plane/**'],
    rules: restrict(forbiddenSyntax, unerasableSyntax, environment, bareTimers),
  },
  {
    files: ['apps/control-plane/src/**/*.ts'],
    rules: {
      ...restrict(forbiddenSyntax, environment, bareTimers),
      'no-restricted-imports': [
        'error',
        {
          paths: [
            {
              name: 'typeorm',
              message: 'Only a repository speaks to the database: call its service or repository.',
            },
          ],
        },
      ],
    },
  },
  {
    files: [
      'apps/control-plane/src/**/*.{repository,entity}.ts',
      'apps/control-plane/src/platform/database/**/*.ts',
      'apps/control-plane/src/**/*.spec.ts',
      'apps/control-plane/src/testing/**/*.ts',
    ],
    rules: { 'no-restricted-imports': 'off' },
  },
  {
    // The one file of an app that reads the environment, and what tests it.
    files: ['apps/*/src/**/env.ts', 'apps/*/src/**/*.spec.ts', 'apps/*/src/**/testing/**/*.ts'],
    rules: restrict(forbiddenSyntax),
  },
];
