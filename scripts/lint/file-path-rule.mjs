import { basename, relative } from 'node:path';

const kebabCase = /^\.?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*$/;
const forbiddenFolders = new Set([
  'utils',
  'util',
  'helpers',
  'helper',
  'common',
  'dto',
  'dtos',
  'interfaces',
  'misc',
  'mappers',
  'shared',
  'lib',
]);

/** An ESLint rule: file names are kebab-case, and folders name the domain, never a pattern. */
export const filePathRule = {
  meta: {
    type: 'problem',
    docs: { description: 'Require kebab-case file names and folders that name the domain' },
    schema: [],
    messages: {
      name: 'File names are kebab-case and named after what the file exports: rename "{{name}}".',
      folder:
        'Folders name the domain, never a pattern: what is in "{{folder}}" belongs to the feature that uses it.',
    },
  },
  create(context) {
    const folders = relative(context.cwd, context.filename).split(/[/\\]/).slice(0, -1);
    const name = basename(context.filename);
    return {
      Program(node) {
        if (!kebabCase.test(name)) context.report({ node, messageId: 'name', data: { name } });
        const folder = folders.find((part) => forbiddenFolders.has(part));
        if (folder !== undefined) context.report({ node, messageId: 'folder', data: { folder } });
      },
    };
  },
};
