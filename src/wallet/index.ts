/**
 * The wallet: what we owe each seller, by state of the money (pending, available, reserved) and what the seller owes
 * us. The only writer of wallet rows. It never decides that money moved: it is told, inside the transaction that books
 * the same movement in the ledger, so that the two cannot part. An invariant compares them, to the cent.
 */
export { creditPending, type PendingCredit } from './credit.ts'
export { WALLET_INVARIANTS } from './invariants.ts'
export { moveWallets, planMoves, type WalletChange, type WalletMove } from './move.ts'
export { type Release, releasePending } from './release.ts'
export { type StatementLine, type StatementQuery, walletStatement } from './statement.ts'
export { getWallet, type Wallet, type WalletBalance } from './wallet.ts'
