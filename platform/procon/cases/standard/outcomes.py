"""How an act may end, by code; the codes are those of the statistics."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

OUTCOMES: Mapping[str, str] = MappingProxyType(
    {
        "RESOLVIDA": "Problema resolvido",
        "NAO_RESOLVIDA": "Problema não resolvido",
        "SEM_RESPOSTA": "A empresa não respondeu",
        "SEM_AVALIACAO": "Sem avaliação",
        "CONSUMIDOR_NAO_RETORNOU": "O consumidor não enviou o que faltava",
        "ORIENTADO": "Consumidor orientado",
        "ACORDO": "Acordo",
        "ACORDO_PARCIAL": "Acordo em parte",
        "SEM_ACORDO": "Sem acordo",
        "AUSENTE_CONSUMIDOR": "O consumidor não compareceu",
        "AUSENTE_FORNECEDOR": "A empresa não compareceu",
        "ACORDO_CUMPRIDO": "Acordo cumprido",
        "ACORDO_DESCUMPRIDO": "Acordo descumprido",
        "FUND_ATENDIDA": "Reclamação fundamentada atendida",
        "FUND_NAO_ATENDIDA": "Reclamação fundamentada não atendida",
        "NAO_FUNDAMENTADA": "Reclamação não fundamentada",
        "DESISTENCIA": "Desistência do consumidor",
        "DUPLICADA": "Reclamação repetida",
        "INCOMPETENCIA": "Outro órgão é competente",
        "ENCAMINHADA_JUIZO": "Encaminhada à Justiça",
        "ENCAMINHADA_FISCALIZACAO": "Encaminhada à fiscalização",
        "PERDA_OBJETO": "O pedido perdeu a razão de ser",
    }
)
