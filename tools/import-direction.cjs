'use strict';
const { dirname, join, relative, sep } = require('node:path');

/** What each folder of src may import beside itself; `types` only as types. The house of docs/architecture.md, in one table. */
const HOUSE = {
  domain: { folders: [], types: [], packages: /^(re2js|yaml|ae-cvss-calculator)$/ },
  workflows: { folders: ['domain'], types: ['activities'], packages: /^@temporalio\/(workflow|common)$/ },
  config: { folders: ['domain'], types: [] },
  activities: { folders: ['domain', 'checks', 'config'], types: ['workflows'] },
  checks: { folders: ['domain', 'config'], types: ['activities'] },
  stage0: { folders: ['domain', 'activities', 'config'], types: [] },
  cluster: { folders: ['activities', 'config'], types: [] },
  workers: { folders: ['domain', 'workflows', 'activities', 'checks', 'stage0', 'config'], types: [] },
  views: { folders: ['domain', 'workflows', 'activities', 'config'], types: [] },
  gateway: { folders: ['domain', 'workflows', 'activities', 'config', 'workers', 'views'], types: [] },
  demo: { folders: ['domain', 'workflows', 'activities', 'checks', 'stage0', 'config', 'workers'], types: [] },
  cli: {
    folders: ['domain', 'workflows', 'activities', 'checks', 'stage0', 'config', 'workers', 'views', 'gateway', 'demo', 'cluster'],
    types: [],
  },
};

/** ESLint rule: imports point along the arrows of the house, and the deterministic folders use no other packages than theirs. */
const importDirection = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      folder:
        'src/{{from}} may not import src/{{to}}: {{from}} may import {{allowed}}. Move what both need to a folder that both may import.',
      type: 'src/{{from}} may import src/{{to}} only as types: write `import type`.',
      package: 'src/{{from}} may not import {{name}}: it is deterministic and is bundled into workflows. Do it in an activity.',
      unknown: 'src/{{from}} is not a folder of the house: add it to tools/import-direction.cjs with what it may import.',
    },
  },
  create(context) {
    const source = join(context.cwd, 'src');
    const folderOf = (file) => {
      const path = relative(source, file);
      return path.startsWith('..') ? undefined : path.split(sep)[0];
    };
    const from = folderOf(context.filename);
    if (!from) return {};
    const house = HOUSE[from];
    const check = (node, name, typeOnly) => {
      if (typeof name !== 'string') return;
      if (!house) return context.report({ node, messageId: 'unknown', data: { from } });
      if (!name.startsWith('.')) {
        if (house.packages && !house.packages.test(name) && !typeOnly) context.report({ node, messageId: 'package', data: { from, name } });
        return;
      }
      const to = folderOf(join(dirname(context.filename), name));
      if (!to || to === from || house.folders.includes(to)) return;
      if (!house.types.includes(to)) {
        const allowed = [...house.folders, ...house.types.map((folder) => `${folder} as types`)].join(', ') || 'nothing else';
        context.report({ node, messageId: 'folder', data: { from, to, allowed } });
      } else if (!typeOnly) context.report({ node, messageId: 'type', data: { from, to } });
    };
    const isType = (node) =>
      node.importKind === 'type' ||
      node.exportKind === 'type' ||
      (node.specifiers?.length > 0 &&
        node.specifiers.every((specifier) => specifier.importKind === 'type' || specifier.exportKind === 'type'));
    const declaration = (node) => node.source && check(node, node.source.value, isType(node));
    return {
      ImportDeclaration: declaration,
      ExportNamedDeclaration: declaration,
      ExportAllDeclaration: declaration,
      ImportExpression: (node) => check(node, node.source.value, false),
      TSImportEqualsDeclaration: (node) => check(node, node.moduleReference.expression?.value, node.importKind === 'type'),
    };
  },
};

module.exports = { importDirection };
