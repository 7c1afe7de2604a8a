/** Bodies of the HTTP API, as `/api/schema` describes them. Amounts: minor units. Times: milliseconds since 1970. */

export interface PlayerInfo {
  readonly player_id: number;
  readonly name: string;
  readonly roles: readonly string[];
}

export interface LoginSession {
  readonly player: PlayerInfo;
  readonly access_token: string;
  readonly access_expires_s: number;
  readonly refresh_token: string;
  readonly funded: boolean;
}

export interface ClientConfig {
  readonly ws_url: string;
  readonly protocol_version: number;
  readonly currency: string;
  readonly exponent: number;
  readonly play_money: boolean;
  readonly label: string;
  readonly server_ms: number;
  /** All gateways that take clients now; `ws_url` is one of them. */
  readonly ws_urls?: readonly string[];
}

export interface HistoryBet {
  readonly bet_id: string;
  readonly state: string;
  readonly stake_minor: number;
  readonly payout_minor: number;
  /** [position, stake]; empty where they are not known. */
  readonly chips?: readonly (readonly [number, number])[];
}

export interface HistoryItem {
  readonly kind: string;
  readonly seq: number;
  readonly at_ms: number;
  readonly net_minor: number;
  readonly stake_minor: number;
  readonly payout_minor: number;
  readonly returned_minor: number;
  readonly round_id: string;
  /** Of a round that was played alone: the game's name, and the nonce. */
  readonly table_id: string;
  readonly round_no: number;
  readonly number: number | null;
  readonly voided: boolean;
  readonly void_reason: string;
  readonly bets: readonly HistoryBet[];
}

export interface History {
  readonly items: readonly HistoryItem[];
  readonly next_before: number | null;
}
