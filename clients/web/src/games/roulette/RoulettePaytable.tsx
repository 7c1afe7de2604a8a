import type { GameRules } from "../../api/rules";
import { isRoulette } from "./useRouletteRules";

const FAMILIES: readonly { kind: string; name: string; covers: string; where: string }[] = [
  { kind: "straight", name: "Straight up", covers: "1 number", where: "on a number" },
  { kind: "split", name: "Split", covers: "2 numbers", where: "on the line between two numbers" },
  { kind: "street", name: "Street, trio", covers: "3 numbers", where: "at the end of a row, or between zero and two numbers" },
  { kind: "corner", name: "Corner, first four", covers: "4 numbers", where: "where four numbers meet" },
  { kind: "six_line", name: "Six line", covers: "6 numbers", where: "at the end between two rows" },
  { kind: "dozen", name: "Dozen, column", covers: "12 numbers", where: "on its field" },
  { kind: "red", name: "Red/black, odd/even, low/high", covers: "18 numbers", where: "on its field" },
];

const CALLS: readonly { name: string; text: string }[] = [
  { name: "Voisins du zéro", text: "9 chips: 2 on 0-2-3, 2 on 25-26-28-29, 1 each on 4-7, 12-15, 18-21, 19-22, 32-35." },
  { name: "Tiers du cylindre", text: "6 chips on the splits 5-8, 10-11, 13-16, 23-24, 27-30, 33-36." },
  { name: "Orphelins", text: "5 chips: 1 straight on 1 and the splits 6-9, 14-17, 17-20, 31-34." },
];

/** The 157 positions by family, and the announced bets. */
export function RoulettePaytable({ rules }: { rules: GameRules }) {
  const pays = new Map(isRoulette(rules) ? rules.positions.map((position) => [position.kind, position.pays]) : []);
  return (
    <>
      <p>European roulette with one zero. Zero loses the even chances.</p>
      <table className="sheet" data-testid="paytable">
        <thead>
          <tr>
            <th>Bet</th>
            <th>Covers</th>
            <th className="num">Pays</th>
          </tr>
        </thead>
        <tbody>
          {FAMILIES.map((family) => (
            <tr key={family.kind}>
              <th scope="row">
                {family.name}
                <small>{family.where}</small>
              </th>
              <td>{family.covers}</td>
              <td className="num">{pays.get(family.kind)} to 1</td>
            </tr>
          ))}
        </tbody>
      </table>
      <h3>Announced bets</h3>
      <dl className="calls-list">
        {CALLS.map((call) => (
          <div key={call.name}>
            <dt>{call.name}</dt>
            <dd>{call.text}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}
