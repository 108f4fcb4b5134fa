import tseslint from 'typescript-eslint';

const noProcess = {
  name: 'process',
  message: 'Only cli.ts files own the process: take what you need as an argument.',
};

/** Few rules, each of which finds bugs; style is prettier's. A rule that needs exceptions is dropped. */
export default tseslint.config(
  { ignores: ['dist/', 'native/build/', '**/*.gen.ts'] },
  {
    files: ['**/*.{ts,tsx}'],
    extends: [tseslint.configs.base],
    languageOptions: { parserOptions: { projectService: true } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unnecessary-condition': 'error',
      '@typescript-eslint/no-unsafe-argument': 'error',
      '@typescript-eslint/no-unsafe-assignment': 'error',
      '@typescript-eslint/no-unsafe-return': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      eqeqeq: 'error',
    },
  },
  {
    files: ['**/*.{ts,tsx}'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: ':matches(Program, ExportNamedDeclaration) > VariableDeclaration[kind="let"]',
          message: 'Module-level state is shared by every user of the module: make it a class member or an argument.',
        },
      ],
    },
  },
  {
    // vitest's asymmetric matchers (expect.anything() and the like) are typed any.
    files: ['**/*.test.ts'],
    rules: { '@typescript-eslint/no-unsafe-assignment': 'off' },
  },
  {
    files: ['src/**/*.ts', 'native/*.ts', 'web/src/**/*.{ts,tsx}'],
    ignores: ['**/cli.ts', '**/*.test.ts'],
    rules: {
      'no-restricted-globals': ['error', noProcess],
      'no-restricted-imports': ['error', { paths: [{ ...noProcess, name: 'node:process' }] }],
    },
  },
);
