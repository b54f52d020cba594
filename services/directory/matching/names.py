"""Names of countries and languages that rules speak of; of any other the code itself is shown."""

from contracts.matching import Words

COUNTRIES: dict[str, Words] = {
    code: Words(es=es, en=en)
    for code, es, en in (
        ("AF", "Afganistán", "Afghanistan"),
        ("AO", "Angola", "Angola"),
        ("AR", "Argentina", "Argentina"),
        ("BR", "Brasil", "Brazil"),
        ("BZ", "Belice", "Belize"),
        ("CA", "Canadá", "Canada"),
        ("CD", "República Democrática del Congo", "Democratic Republic of the Congo"),
        ("CL", "Chile", "Chile"),
        ("CM", "Camerún", "Cameroon"),
        ("CN", "China", "China"),
        ("CO", "Colombia", "Colombia"),
        ("CR", "Costa Rica", "Costa Rica"),
        ("CU", "Cuba", "Cuba"),
        ("DO", "República Dominicana", "Dominican Republic"),
        ("EC", "Ecuador", "Ecuador"),
        ("GT", "Guatemala", "Guatemala"),
        ("HN", "Honduras", "Honduras"),
        ("HT", "Haití", "Haiti"),
        ("IN", "India", "India"),
        ("MX", "México", "Mexico"),
        ("NI", "Nicaragua", "Nicaragua"),
        ("PA", "Panamá", "Panama"),
        ("PE", "Perú", "Peru"),
        ("RU", "Rusia", "Russia"),
        ("SN", "Senegal", "Senegal"),
        ("SV", "El Salvador", "El Salvador"),
        ("UA", "Ucrania", "Ukraine"),
        ("US", "Estados Unidos", "United States"),
        ("VE", "Venezuela", "Venezuela"),
    )
}

LANGUAGES: dict[str, Words] = {
    code: Words(es=es, en=en)
    for code, es, en in (
        ("ar", "árabe", "Arabic"),
        ("de", "alemán", "German"),
        ("en", "inglés", "English"),
        ("es", "español", "Spanish"),
        ("fr", "francés", "French"),
        ("ht", "criollo haitiano", "Haitian Creole"),
        ("kek", "q’eqchi’", "Q’eqchi’"),
        ("mam", "mam", "Mam"),
        ("mfs", "lengua de señas mexicana", "Mexican Sign Language"),
        ("nah", "náhuatl", "Nahuatl"),
        ("pt", "portugués", "Portuguese"),
        ("quc", "k’iche’", "K’iche’"),
        ("ru", "ruso", "Russian"),
        ("tzh", "tseltal", "Tzeltal"),
        ("tzo", "tsotsil", "Tzotzil"),
        ("uk", "ucraniano", "Ukrainian"),
        ("yua", "maya", "Yucatec Maya"),
        ("zap", "zapoteco", "Zapotec"),
        ("zh", "chino", "Chinese"),
    )
}
