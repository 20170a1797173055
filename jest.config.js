/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/spec'],
  testMatch: ['**/*.spec.ts'],
  transform: { '^.+\\.ts$': ['ts-jest', { tsconfig: '<rootDir>/tsconfig.json' }] },
  moduleNameMapper: {
    '^wechatpay-chain$': '<rootDir>/lib/index.ts',
    '^wechatpay-chain/(express|fastify|hono|koa|nestjs|web)$': '<rootDir>/lib/adapters/$1.ts',
    '^wechatpay-chain/lite$': '<rootDir>/lib/lite.ts',
    '^wechatpay-chain/openapi/(.*)$': '<rootDir>/lib/openapi/$1.ts',
    '^wechatpay-chain/shangmi$': '<rootDir>/lib/shangmi/index.ts',
    '^wechatpay-chain/simulator/shangmi$': '<rootDir>/lib/simulator/shangmi/index.ts',
    '^wechatpay-chain/simulator$': '<rootDir>/lib/simulator/index.ts',
  },
  collectCoverageFrom: ['lib/**/*.ts', '!lib/**/cli.ts', '!lib/generator/{main,pack,docs/index}.ts'],
  coverageThreshold: { global: { lines: 95 } },
  testTimeout: 20_000,
}
