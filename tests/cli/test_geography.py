"""A table of municipalities is read from JSON and CSV, whatever its columns are called."""

import json
from pathlib import Path

import pytest

from cli.geography import read
from cli.hsds.reading import NotHsdsError

INEGI = Path(__file__).parents[3] / "shared" / "data" / "inegi" / "municipios.json"
CSVS = {
    "AGEM": 'CVEGEO,CVE_ENT,NOM_ENT,CVE_MUN,NOM_MUN,POB_TOTAL\n07089,07,Chiapas,089,Tapachula,"353,706"\n',
    "common": "cve_ent;cve_mun;nom_mun;lat;lon\n7;89;Tapachula;14.9;-92.3\n",
    "spreadsheet": "Clave INEGI\tMunicipio\tLatitud\tLongitud\n7089\tTapachula\t14.9\t-92.3\n",
    "p-codes": "ADM2_PCODE,ADM2_ES\nMX07089,Tapachula\n",
}


@pytest.mark.parametrize("kind", CSVS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_tables_of_several_makers_say_the_same(kind: str, encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "municipios.csv"
    path.write_bytes(CSVS[kind].replace("Tapachula", "Tapachúla").encode(encoding))
    table = read(path)
    ((line, one),) = table.municipalities
    assert (line, one.code, one.name, table.refused) == (2, "07089", "Tapachúla", [])
    assert one.latitude in (None, 14.9)
    assert one.population in (None, 353_706)


def test_a_row_that_cannot_be_is_refused_with_its_line(tmp_path: Path) -> None:
    rows = [
        {"cve_completa": "07089", "nom_municipio": "Tapachula"},
        {"cve_completa": "07089", "nom_municipio": "Tapachula"},
        {"cve_completa": "99001", "nom_municipio": "Nowhere"},
        {"nom_municipio": "Sin clave"},
        {"cve_completa": "07087"},
        "text",
    ]
    path = tmp_path / "m.json"
    path.write_text(json.dumps({"municipios": rows}), encoding="utf-8")
    table = read(path)
    assert len(table.municipalities) == 1
    assert [(one.row, one.why.split()[1]) for one in table.refused] == [
        (2, "earlier"), (3, "key,"), (4, "has"), (5, "has"), (6, "has"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["[]", "{}", "[1]", '{"a": 1}', "no", '[{"id": "1", "name": "x"}]'])
def test_a_file_without_municipalities_says_so(text: str, tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(NotHsdsError):
        read(path)


def test_the_whole_table_of_inegi_is_read() -> None:
    if not INEGI.is_file():
        pytest.skip("INEGI's table is not here: it is no part of the repository")
    table = read(INEGI)
    assert (len(table.municipalities), table.refused) == (2478, [])
