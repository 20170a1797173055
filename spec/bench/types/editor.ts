import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  types: ['node'],
  skipLibCheck: true,
}

/** Where the cursor is in a source text; taken out before it is compiled. */
const CURSOR = '‸'

/** One file in an editor, and what the language service says at a place in it. */
export class Editor {
  readonly #file: string
  readonly #service: ts.LanguageService
  #text = ''
  #version = 0

  /** @param folder in which the packages are installed that are imported */
  constructor(folder: string) {
    this.#file = join(folder, 'editor.ts')
    this.#service = ts.createLanguageService({
      getCompilationSettings: () => OPTIONS,
      getScriptFileNames: () => [this.#file],
      getScriptVersion: (name) => (name === this.#file ? String(this.#version) : '1'),
      getScriptSnapshot: (name) => {
        const text =
          name === this.#file ? this.#text : ts.sys.fileExists(name) ? readFileSync(name, 'utf8') : undefined
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
      },
      getCurrentDirectory: () => folder,
      getDefaultLibFileName: ts.getDefaultLibFilePath,
      fileExists: ts.sys.fileExists,
      readFile: ts.sys.readFile,
      readDirectory: ts.sys.readDirectory,
      directoryExists: ts.sys.directoryExists,
      getDirectories: ts.sys.getDirectories,
      realpath: (path) => path,
    })
  }

  /** As if typed: the next answer is about this text, with the cursor where `‸` stands. */
  type(text: string): number {
    this.#version++
    this.#text = text.replace(CURSOR, '')
    return text.indexOf(CURSOR)
  }

  /** @returns what is offered at the cursor */
  complete(text: string): readonly string[] {
    const found = this.#service.getCompletionsAtPosition(this.#file, this.type(text), {})
    return found?.entries.map(({ name }) => name) ?? []
  }

  /** @returns what is said of the name at the cursor */
  hover(text: string): string {
    const found = this.#service.getQuickInfoAtPosition(this.#file, this.type(text))
    return ts.displayPartsToString(found?.displayParts)
  }

  /** @returns the names that are offered for import, and where from */
  imports(text: string): ReadonlySet<string> {
    const found = this.#service.getCompletionsAtPosition(this.#file, this.type(text), {
      includeCompletionsForModuleExports: true,
      includeCompletionsWithInsertText: true,
    })
    const imported = found?.entries.filter(({ source }) => source !== undefined) ?? []
    return new Set(imported.map(({ name, source }) => `${name} from ${source}`))
  }
}
