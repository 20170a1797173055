import { Problem } from './problem'

/** What the merchant can give away, in fen */
export class Balance {
  readonly opening: number
  #left: number

  constructor(opening: number) {
    this.opening = opening
    this.#left = opening
  }

  /** @throws Problem `NOT_ENOUGH` */
  draw(amount: number): void {
    if (amount > this.#left) throw new Problem(403, 'NOT_ENOUGH', '可用余额不足')
    this.#left -= amount
  }
}
