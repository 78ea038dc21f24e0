import tseslint from 'typescript-eslint';
import direction from './tools/import-direction.cjs';

const style = [
  { selector: 'ExportDefaultDeclaration', message: 'Export by name: a thing has one name everywhere.' },
  { selector: 'TSEnumDeclaration', message: 'Use a union of strings: it survives JSON and workflow payloads.' },
  {
    selector: 'ClassDeclaration:not([superClass.name=/(Error|Failed|Failure|Complaint)$/])',
    message: 'Use functions and plain data; only errors are classes.',
  },
];

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', '.millrace/**', 'coverage/**', 'test/**/fixtures/**'] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    plugins: { millrace: { rules: { 'import-direction': direction.importDirection } } },
    rules: {
      'millrace/import-direction': 'error',
      'no-restricted-syntax': ['error', ...style],
      eqeqeq: 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      // `return complain(…)` as an early return is how functions here end.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      '@typescript-eslint/use-unknown-in-catch-callback-variable': 'off',
      // What an AbortSignal was aborted with is thrown on as it is.
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true, allowThrowingAny: true }],
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true, allowThrowingAny: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true, argsIgnorePattern: '^_' }],
      // tsc checks each index access (noUncheckedIndexedAccess), so `!` is how code says that it knows better.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/require-await': 'off',
      // Objects of functions here use no `this`.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-require-imports': ['error', { allowAsImport: true }],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
);
