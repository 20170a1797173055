import type { Callback, Operation } from '../../catalogue'
import { callbackPage } from './callback-page'
import { callbackFile, familiesOf } from './families'
import { familyPage } from './family-page'
import { homePage } from './home'
import { printIndex, searchIndex } from './search-index'

/** What the site says, beside the API. */
export interface Facts {
  readonly operations: readonly Operation[]
  readonly callbacks: readonly Callback[]
  /** The text of README.md. */
  readonly readme: string
}

/** The files of the reference by their paths; its style, its script and the API come from elsewhere. */
export function siteOf({ operations, callbacks, readme }: Facts): ReadonlyMap<string, string> {
  const families = familiesOf(operations)
  return new Map([
    ['index.html', homePage(families, callbacks, readme)],
    ...families.map((family) => [family.file, familyPage(family)] as const),
    ...(['v2', 'v3'] as const).map((version) => {
      const mine = callbacks.filter((callback) => callback.version === version)
      return [callbackFile(version), callbackPage(version, mine)] as const
    }),
    ['assets/search-index.js', printIndex(searchIndex(families, callbacks))],
  ])
}
