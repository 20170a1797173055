import type { PendingResponse } from './promise'
import type { CallSettings } from './request'
import type { Response } from './response'
import type { Operations } from './settings'
import type { CallOptions, Loosen } from './types'

// What a user adds to `Operations`. They are few: the tree is made from their keys, `'VERB template'`.

type Key = keyof Operations
type TemplateOf<K> = K extends `${string} ${infer P}` ? P : never
type Templates = TemplateOf<Key>

type Camel<S extends string> = S extends `${infer A}-${infer B}` ? `${A}${Capitalize<Camel<B>>}` : S
type Property<S extends string> = S extends `{${infer V}}` ? `_${V}_` : Camel<S>
type Head<P extends string> = P extends `${infer H}/${string}` ? H : P
type Tail<P extends string, H extends string> = P extends `${H}/${infer T}` ? T : never

type Options<O> = O extends { readonly options: infer Given } ? Given & CallSettings : CallOptions
type Data<O> = O extends { readonly data: infer D } ? D : unknown
type Arguments<O> = Partial<O> extends O ? [options?: O] : [options: O]

type Verb = 'get' | 'put' | 'post' | 'patch' | 'delete'
type KeyOf<V extends Verb, P extends string> = Extract<Key, `${Uppercase<V>} ${P}`>
type Operation<V extends Verb, P extends string> = Operations[KeyOf<V, P>]

/**
 * A node of the user's own.
 * @typeParam Here the template down to here
 * @typeParam Below what of the templates lies below it
 */
export type OwnNode<Here extends string, Below extends string> = {
  readonly [V in Verb as KeyOf<V, Here> extends never ? never : V]: (
    ...args: Arguments<Options<Operation<V, Here>>>
  ) => Promise<Response<Data<Operation<V, Here>>>>
} & {
  readonly [V in Verb as KeyOf<V, Here> extends never ? never : `${V}Async`]: (
    ...args: Arguments<Options<Operation<V, Here>>>
  ) => PendingResponse<Response<Data<Operation<V, Here>>>>
} & {
  readonly [H in Head<Below> as Property<H>]: Loosen<OwnNode<`${Here}/${H}`, Tail<Below, H>>>
}

/** Templates of the user's own operations, and where they lead. */
export type OwnPaths = { readonly [P in Templates]: Loosen<OwnNode<P, Tail<Templates, P>>> }

/** The same segment by segment. */
export type OwnTree = {
  readonly [H in Head<Templates> as Property<H>]: Loosen<OwnNode<H, Tail<Templates, H>>>
}
