"""INEGI's numbering of the federal entities."""

from contracts.codes import State

# INEGI's numbering of the federal entities (Marco Geoestadístico), as HSDS addresses may carry it.
INEGI_STATE: dict[str, State] = {
    "01": State.AGU,
    "02": State.BCN,
    "03": State.BCS,
    "04": State.CAM,
    "05": State.COA,
    "06": State.COL,
    "07": State.CHP,
    "08": State.CHH,
    "09": State.CMX,
    "10": State.DUR,
    "11": State.GUA,
    "12": State.GRO,
    "13": State.HID,
    "14": State.JAL,
    "15": State.MEX,
    "16": State.MIC,
    "17": State.MOR,
    "18": State.NAY,
    "19": State.NLE,
    "20": State.OAX,
    "21": State.PUE,
    "22": State.QUE,
    "23": State.ROO,
    "24": State.SLP,
    "25": State.SIN,
    "26": State.SON,
    "27": State.TAB,
    "28": State.TAM,
    "29": State.TLA,
    "30": State.VER,
    "31": State.YUC,
    "32": State.ZAC,
}
