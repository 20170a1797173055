import type { PendingResponse } from './promise'
import type { RequestOptions } from './request'
import type { Response } from './response'
import type { DynamicPath, Loosen, PathValue } from './types'

/**
 * The variables of a template: `'v3/a/{b}/{c}'` → `'b' | 'c'`. Operators and modifiers of RFC 6570 are understood;
 * `{empty}` needs no value.
 */
export type VariablesOf<P extends string> = P extends `${string}{${infer Expression}}${infer Rest}`
  ? Exclude<NamesOf<Expression>, 'empty'> | VariablesOf<Rest>
  : never

type Operator = '+' | '#' | '.' | '/' | ';' | '?' | '&'
type NamesOf<E extends string> = E extends `${Operator}${infer List}` ? ListOf<List> : ListOf<E>
type ListOf<L extends string> = L extends `${infer First},${infer Rest}`
  ? NameOf<First> | ListOf<Rest>
  : NameOf<L>
type NameOf<V extends string> = V extends `${infer N}*` ? N : V extends `${infer N}:${number}` ? N : V

/** A plain `{name}` is one segment; what operators and modifiers take, lists and maps too, RFC 6570 says. */
type ValueOf<P extends string, V extends string> = P extends `${string}{${V}}${string}` ? PathValue : unknown

/** What a call takes of which nothing is known but its template. */
export type TemplateOptions<P extends string> = RequestOptions & {
  readonly [V in VariablesOf<P>]: ValueOf<P, V>
} & { readonly [V in P extends `${string}{empty}${string}` ? 'empty' : never]?: PathValue }

type Verb<P extends string> = [VariablesOf<P>] extends [never]
  ? <T = unknown>(options?: TemplateOptions<P>) => Promise<Response<T>>
  : <T = unknown>(options: TemplateOptions<P>) => Promise<Response<T>>

type PendingVerb<P extends string> = [VariablesOf<P>] extends [never]
  ? <T = unknown>(options?: TemplateOptions<P>) => PendingResponse<Response<T>>
  : <T = unknown>(options: TemplateOptions<P>) => PendingResponse<Response<T>>

/** Where a template leads that is not documented: all that is known are its variables. */
export interface TemplateNode<P extends string> {
  readonly get: Verb<P>
  readonly put: Verb<P>
  readonly post: Verb<P>
  readonly patch: Verb<P>
  readonly delete: Verb<P>
  readonly getAsync: PendingVerb<P>
  readonly putAsync: PendingVerb<P>
  readonly postAsync: PendingVerb<P>
  readonly patchAsync: PendingVerb<P>
  readonly deleteAsync: PendingVerb<P>
}

/** A template known only at run time is a {@link DynamicPath}. */
export type Template<P extends string> = string extends P ? DynamicPath : Loosen<TemplateNode<P>>
