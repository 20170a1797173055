import { spawnSync } from 'node:child_process'

const missing = spawnSync('openssl', ['version']).error !== undefined

/** A test that asks openssl's opinion; where there is none, one that says so and passes. */
export function withOpenssl(name: string, run: () => unknown): void {
  if (missing) test(`not run, there is no openssl: ${name}`, () => {})
  else test(name, run as () => void)
}
